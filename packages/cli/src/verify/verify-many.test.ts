import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CHAIN_METADATA, formatChain, type Schema } from '@standpipe/core'
import { expect, it } from 'vitest'
import { commandLine, testFolder } from '../command-line.testing.js'
import { standardRegistry } from '../registry.js'
import type { PipelineReport } from './verify-pipeline.js'

const PARTITIONS = 100
const OBJECTS = 100
const LINES = `name: lines
source: { file: { path: in.jsonl, format: jsonl } }
schema: { n: int64 }
sink: { directory: { path: out } }
`
const SCHEMA: Schema = { fields: [{ name: 'n', type: { kind: 'int64' }, nullable: true }] }

it(`checks ${PARTITIONS * OBJECTS} objects, and finds the one that is missing`, async () => {
  const directory = await testFolder({ 'lines.yaml': LINES, 'in.jsonl': '' })
  const writer = await standardRegistry().formats.get('parquet')?.bindWriter?.({ compression: 'none', timestamps: 'micros', rowGroup: 1e6, page: 1e6, engine: 'standpipe' }, SCHEMA, {
    directory,
    pipeline: 'lines',
    warn: () => undefined,
  })
  if (writer === undefined) throw new Error('there is no parquet')
  const ends: Record<string, Record<string, string>> = {}
  const keyOf = (partition: number, object: number): string => `p=${partition}/lines-2026-03-01-00-00-00-id-1-${partition * OBJECTS + object}.parquet`
  for (let p = 0; p < PARTITIONS; p++) {
    await mkdir(join(directory, 'out', `p=${p}`), { recursive: true })
    ends[`directory|p=${p}/`] = { s: `${OBJECTS}:1` }
    for (let o = 0; o < OBJECTS; o++) {
      const link = { after: o === 0 ? null : `${o}:1`, first: `${o + 1}:1`, last: `${o + 1}:1`, records: 1, rows: 1 }
      const chain = formatChain({ pipeline: 'lines', ledger: 'id', object: `id-1-${p * OBJECTS + o}`, sink: 'directory', partition: `p=${p}/`, rows: 1, shards: { s: link } })
      await writeFile(join(directory, 'out', keyOf(p, o)), Buffer.concat([...(await writer.createObject().finish({ [CHAIN_METADATA]: chain }))]))
    }
  }
  const counts = { objects: PARTITIONS * OBJECTS, records: PARTITIONS * OBJECTS, rows: PARTITIONS * OBJECTS }
  const ledger = { format: 1, pipeline: 'lines', id: 'id', epoch: 1, seq: 1, writeId: 'w', fingerprint: '', configuration: '', shards: {}, staged: [], ends, totals: { directory: { ...counts, shards: { s: counts } } } }
  await mkdir(join(directory, '.standpipe', 'lines', 'ledger'), { recursive: true })
  await writeFile(join(directory, '.standpipe', 'lines', 'ledger', '000000000001.json'), JSON.stringify(ledger))

  const whole = await commandLine(['verify', 'lines.yaml', '--json'], { directory })
  const [report] = (JSON.parse(whole.out) as { pipelines: PipelineReport[] }).pipelines
  expect({ code: whole.code, findings: report.findings, chains: report.chains.length }).toEqual({ code: 0, findings: [], chains: PARTITIONS })
  console.log(`verify: ${PARTITIONS * OBJECTS} objects in ${report.elapsedMs} ms`)

  await rm(join(directory, 'out', keyOf(7, 41)))
  const { code, out } = await commandLine(['verify', 'lines.yaml'], { directory })
  expect(code).toBe(1)
  expect(out).toContain('✗ gap in directory p=7/ s:')
}, 60_000)

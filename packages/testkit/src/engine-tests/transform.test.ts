import { gzipSync } from 'node:zlib'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runPipeline } from '@standpipe/core'
import { createMemorySource } from '../memory-source.js'
import { MemoryWorld, planMemory } from './memory-pipeline.js'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'standpipe-transform-'))
})
afterEach(() => rm(directory, { recursive: true }))

const rows = (...ids: number[]): string => ids.map((id) => JSON.stringify({ id, device: `d${id}` })).join('')

describe('transform', () => {
  it('works on payloads before they are decoded, and accounts for every record', async () => {
    const world = new MemoryWorld()
    const source = createMemorySource({ shards: { s: [gzipSync(rows(1, 2)), 'plain', gzipSync(''), gzipSync(`${rows(3)}{"id":"x"}${rows(4)}`), gzipSync('[]')] }, batchRecords: 2 })
    const plan = await planMemory(world, source, { transform: [{ decompress: {} }, { deaggregate: 'json' }], sink: { memory: { bucket: 'out' } } }, directory)
    expect(plan.delivery).toBe('exactly-once')
    const run = runPipeline(plan)
    await run.done
    expect(world.ids('out')).toEqual([1, 2, 3, 4])
    expect(run.counts.before).toMatchObject({ rejected: 3, dropped: 1, added: 3 })
    const letters = world.rows('errors').map((row) => [row.lastErrorCode ?? row.errorCode, Buffer.from(String(row.rawData), 'base64').toString()])
    expect(new Set(letters)).toEqual(
      new Set([
      ['DataFormatConversion.MalformedData', '{"id":"x"}'],
      ['Decompression.Failed', 'plain'],
      ['RecordDeAggregation.MalformedData', gzipSync('[]').toString()],
      ]),
    )
  })

  it('delivers payloads as it made them where nothing is decoded', async () => {
    const world = new MemoryWorld()
    const source = createMemorySource({ shards: { s: ['{"id":1}', '{"id":2}{"id":3}'] } })
    const plan = await planMemory(world, source, { schema: undefined, transform: [{ deaggregate: 'json' }, { delimit: {} }], sink: { memory: { bucket: 'out', format: 'jsonl' } } }, directory)
    await runPipeline(plan).done
    expect(world.ids('out')).toEqual([1, 2, 3])
  })

  it('refuses operators in the wrong section, and keys that nothing finds', async () => {
    const plan = (config: Readonly<Record<string, unknown>>): Promise<unknown> =>
      planMemory(new MemoryWorld(), createMemorySource({ shards: { s: [] } }), { sink: { memory: { bucket: 'out' } }, ...config }, directory)
    await expect(plan({ operators: [{ deaggregate: 'json' }] })).rejects.toThrow('`deaggregate` works on payloads')
    await expect(plan({ transform: [{ filter: 'id > 1' }] })).rejects.toThrow('`filter` works on fields')
    await expect(plan({ sink: { memory: { bucket: 'out', prefix: 'c=!{partitionKeyFromQuery:c}/' } } })).rejects.toThrow('needs a query')
  })
})

import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const program = join(dirname(fileURLToPath(import.meta.url)), 'streams-vs-firehose/main.mjs')
let out: string
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'standpipe-contrast-'))
})
afterAll(() => rm(out, { recursive: true }))

interface Found {
  readonly rows: number
  readonly lost: number
  readonly duplicates: { readonly byProducer: number; readonly byDelivery: number }
  readonly violations: number
}

test('streams-vs-firehose: through the same accidents nothing is lost, and with Standpipe nothing is twice or out of order', async () => {
  const child = spawn(process.execPath, [program], { env: { ...process.env, OUT: out, SECONDS: '10', INTERVAL: '1s' }, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const code = await new Promise((resolve) => child.once('exit', resolve))
  expect([code, said]).toEqual([0, expect.stringContaining('rows out of order')])

  const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as {
    records: number
    streams: { kept: number; usual: Found; standpipe: Found }
    firehose: { delivered: Found }
    claims: { verdict: string }[]
  }
  const { records, streams, firehose } = report
  expect(streams.standpipe).toMatchObject({ rows: records, lost: 0, duplicates: { byProducer: 0, byDelivery: 0 }, violations: 0 })
  expect([streams.usual.lost, firehose.delivered.lost]).toEqual([0, 0])
  // The accidents did happen: an answer was lost, and a worker was killed with rows behind its checkpoint.
  expect(streams.kept).toBeGreaterThan(records)
  expect(streams.usual.duplicates.byProducer).toBeGreaterThanOrEqual(streams.kept - records)
  expect(firehose.delivered.rows).toBeGreaterThan(records)
  expect(report.claims.map(({ verdict }) => verdict)).toEqual(['right', 'right', 'wrong', 'right', 'nearly right', 'out of date'])
  expect((await readFile(join(out, 'report.html'), 'utf8')).match(/<svg /g)).toHaveLength(3)
}, 240_000)

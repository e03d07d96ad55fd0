import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryLedger, runPipeline } from '@standpipe/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMemorySource } from '../memory-source.js'
import { MemoryWorld, payloads, planMemory, upTo } from './memory-pipeline.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standpipe-from-source-'))
})
afterAll(() => rm(folder, { recursive: true }))

const BAD = ['not json', '{"id":"x"}']

test.each([
  ['decoding', {}],
  ['payloads are changed', { transform: [{ delimit: '\n' }] }],
  ['operators', { operators: [{ filter: 'id >= 10' }] }],
])('a sink of the source gets every record as it was read, before %s', async (_name, config) => {
  const world = new MemoryWorld()
  const good = payloads(30)
  const source = createMemorySource({ shards: { a: [...good.slice(0, 15), ...BAD, ...good.slice(15)] }, batchRecords: 4 })
  const sinks = [
    { name: 'main', memory: { bucket: 'lake' } },
    { name: 'backup', from: 'source', memory: { bucket: 'backup' } },
  ]
  const plan = await planMemory(world, source, { sinks, ...config }, folder)
  expect(plan.delivery).toBe('exactly-once')
  const run = runPipeline(plan, { ledger: createMemoryLedger() })
  await run.done
  const backup = [...world.bucket('backup').published.values()].map(({ bytes }) => Buffer.from(bytes).toString()).join('')
  expect(backup.split('\n').filter(Boolean)).toEqual([...good.slice(0, 15), ...BAD, ...good.slice(15)])
  expect(world.ids('lake')).toEqual(upTo(30).filter((id) => !('operators' in config) || id >= 10))
  expect(world.rows('errors').length).toBe(2)
  expect(run.counts.unaccounted('main')).toBe(0)
})

test('sinks of the source alone settle what the operators made', async () => {
  const world = new MemoryWorld()
  const source = createMemorySource({ shards: { a: payloads(5) } })
  const plan = await planMemory(world, source, { sinks: [{ name: 'backup', from: 'source', memory: { bucket: 'backup' } }] }, folder)
  await runPipeline(plan, { ledger: createMemoryLedger() }).done
  expect(world.ids('backup')).toEqual(upTo(5))
})

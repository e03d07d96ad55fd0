import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryLedger, runPipeline } from '@standpipe/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMemorySource } from '../memory-source.js'
import { MemoryWorld, payloads, planMemory } from './memory-pipeline.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standpipe-active-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('records of partitions beyond those that may be active go to the dead letters, under a prefix of their own', async () => {
  const world = new MemoryWorld()
  const source = createMemorySource({ shards: { a: payloads(40, 4) }, batchRecords: 10 })
  const plan = await planMemory(world, source, { sinks: [{ name: 'lake', memory: { bucket: 'lake', prefix: '!{field:device}/', activePartitions: 3 } }] }, folder)
  const run = runPipeline(plan, { ledger: createMemoryLedger() })
  await run.done
  expect(world.rows('lake').map(({ device }) => String(device)).sort((a, b) => (a < b ? -1 : 1))).toEqual(['d0', 'd1', 'd2'].flatMap((device) => Array.from({ length: 10 }, () => device)))
  const overflow = [...world.bucket('errors').published].filter(([key]) => key.startsWith('activePartitionExceeded/'))
  expect(overflow.length).toBe(1)
  const letters = world.rows('errors')
  expect(letters.length).toBe(10)
  expect(new Set(letters.map(({ errorCode }) => errorCode))).toEqual(new Set(['DynamicPartitioning.ActivePartitionsExceeded']))
  expect(letters.map(({ rawData }) => (JSON.parse(Buffer.from(String(rawData), 'base64').toString()) as { device: string }).device)).toEqual(Array.from({ length: 10 }, () => 'd3'))
  expect(run.counts.unaccounted('lake')).toBe(0)
})

test('a bound on partitions cannot be held exactly once, and says so', async () => {
  const source = createMemorySource({ shards: { a: payloads(1) } })
  const sinks = [{ name: 'lake', memory: { bucket: 'lake', prefix: '!{field:device}/', activePartitions: 3 } }]
  const plan = await planMemory(new MemoryWorld(), source, { sinks }, folder)
  expect(plan.delivery).toBe('at-least-once')
  await expect(planMemory(new MemoryWorld(), source, { sinks, delivery: 'exactly-once' }, folder)).rejects.toThrow('activePartitions: 3')
})

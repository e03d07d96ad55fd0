import type { Scenario } from './scenario.js'
import { createRecords } from './words.js'

const MUCH_MEMORY = 1 << 20
const NEVER_FULL = 1_000_000

/** What the simulation runs; each one is there for a different way to roll, to split or to end. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'one shard, rolled by size': { shards: { a: createRecords('a', 20) }, batchRecords: 4, sinks: ['lake'], rollBytes: 10, memoryBytes: MUCH_MEMORY },
  'two shards and two sinks': {
    shards: { a: createRecords('a', 10), b: createRecords('b', 9, 2) },
    batchRecords: 3,
    sinks: ['lake', 'pond'],
    rollBytes: 14,
    memoryBytes: MUCH_MEMORY,
  },
  'rolled by pressure': { shards: { a: createRecords('a', 20, 2) }, batchRecords: 2, sinks: ['lake'], rollBytes: NEVER_FULL, memoryBytes: 1_500 },
  'rolled by age': {
    shards: { a: createRecords('a', 12), b: createRecords('b', 4) },
    batchRecords: 2,
    sinks: ['lake'],
    rollBytes: NEVER_FULL,
    rollAgeMs: 500,
    memoryBytes: MUCH_MEMORY,
    paceMs: 200,
  },
  'a record sink beside an object sink': {
    shards: { a: createRecords('a', 12) },
    batchRecords: 3,
    sinks: ['lake'],
    recordSinks: ['stream'],
    rollBytes: 14,
    memoryBytes: MUCH_MEMORY,
  },
  'an endless source, drained': {
    shards: { a: createRecords('a', 14) },
    batchRecords: 3,
    sinks: ['lake'],
    rollBytes: 14,
    rollAgeMs: 900,
    memoryBytes: MUCH_MEMORY,
    paceMs: 200,
    endless: { drainAtCalls: [30] },
  },
}

import type { AlignedRecord, AlignedScenario } from './aligned-scenario.js'
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

/** Event times that go on by two to three seconds, some of them out of order, and every sixth far too late. */
const readings = (from: number, count: number): AlignedRecord[] =>
  Array.from({ length: count }, (_, i) => [i % 6 === 0 ? 1 : Math.max(0, i * 3 - (i % 4) * 2), i % 3 === 0 ? 'j' : 'k', from + i])
/** Every third is sent twice, as a producer does that had no answer. */
const withRetries = (from: number, count: number): AlignedRecord[] => readings(from, count).flatMap((record, i) => (i % 3 === 1 ? [record, record] : [record]))

const OFTEN = { batchRecords: 3, paceMs: 400, rollAgeMs: 1_000 }

/** What the simulation runs with operators that keep state, so that everything is committed in sets. */
export const ALIGNED_SCENARIOS: Readonly<Record<string, AlignedScenario>> = {
  'an aggregate over two shards, with late records': { ...OFTEN, shards: { a: readings(0, 16), b: readings(20, 14) }, operators: ['aggregate'], memoryBytes: MUCH_MEMORY },
  'a dedupe over two shards that hold the same': {
    ...OFTEN,
    shards: { a: withRetries(0, 12), b: withRetries(4, 10) },
    operators: ['dedupe'],
    memoryBytes: MUCH_MEMORY,
    inlineState: true,
  },
  'a dedupe, then an aggregate before one of two sinks, under pressure': {
    ...OFTEN,
    rollAgeMs: 60_000,
    shards: { a: withRetries(0, 14) },
    operators: ['dedupe'],
    pondOperators: ['aggregate'],
    memoryBytes: 6_000,
  },
  'an aggregate over an endless source, drained': {
    ...OFTEN,
    shards: { a: readings(0, 14), b: readings(20, 8) },
    operators: ['aggregate'],
    memoryBytes: MUCH_MEMORY,
    endless: { drainAtCalls: [40] },
  },
}

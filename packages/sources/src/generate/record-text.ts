import type { Fault } from './faults.js'

/** What the texts of one stream of records are made from. */
export interface Simulation {
  readonly seed: number
  /** Event time of record 0, in milliseconds. */
  readonly startMs: number
  /** Writes a time as ISO 8601. */
  iso(ms: number): string
}

/** The JSON text of record `index` with event time `ms`. Depends on nothing else; ASCII only. */
export type RecordText = (simulation: Simulation, index: number, ms: number, fault: Fault) => string

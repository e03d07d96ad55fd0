import { unit } from './random.js'

/** What is wrong with a record. `truncated`, `wrongType` and `badUtf8` do not decode. */
export type Fault = 'none' | 'truncated' | 'wrongType' | 'badUtf8' | 'late' | 'missing'

/** Shares of the records, each from 0 to 1. */
export interface FaultShares {
  readonly malformed: number
  readonly late: number
  readonly missing: number
}

const MALFORMED = ['truncated', 'wrongType', 'badUtf8'] as const
const FAULT_DRAW = 201
const KIND_DRAW = 202
const LATE_DRAW = 203

/** The fault of record `index`. */
export function faultOf(shares: FaultShares, seed: number, index: number): Fault {
  const draw = unit(seed, index, FAULT_DRAW)
  if (draw < shares.malformed) return MALFORMED[Math.floor(unit(seed, index, KIND_DRAW) * MALFORMED.length)]
  if (draw < shares.malformed + shares.late) return 'late'
  return draw < shares.malformed + shares.late + shares.missing ? 'missing' : 'none'
}

/** How far a late record lies back: 2 to 15 minutes. */
export function latenessMs(seed: number, index: number): number {
  return Math.floor(120_000 + unit(seed, index, LATE_DRAW) * 780_000)
}

/** The text of a record (a character a byte) with what is wrong with it as a text. */
export function damaged(text: string, fault: Fault): string {
  if (fault === 'truncated') return text.slice(0, Math.floor(text.length * 0.6))
  return fault === 'badUtf8' ? text.replace('"line":"', '"line":"\xff') : text
}

/** The main value of a record: as it is, absent, or of the wrong type. */
export function faultyValue(value: number, fault: Fault): string {
  return fault === 'wrongType' ? '"n/a"' : fault === 'missing' ? 'null' : String(value)
}

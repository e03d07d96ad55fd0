import type { Position } from '@standpipe/core/model'

/**
 * Where a record stands in a Kinesis shard, or how far a shard is read where there was no record. As text:
 * `4959…` after a record (all of it), `4959….3` after the user record 3 of a KPL aggregate, `4959…~1772323200000` after a
 * record and everything that arrived until then, `~1772323200000` after everything that arrived until then.
 */
export interface KinesisPosition {
  /** Sequence number, decimal digits; empty where no record was read yet. */
  readonly sequenceNumber: string
  /** Index in the aggregate; undefined for a record that is none, or a whole one. */
  readonly subSequence?: number
  /** Milliseconds since the epoch, by the clock of the service. */
  readonly untilMs?: number
}

/** Reads a position. */
export function parseKinesisPosition(position: Position): KinesisPosition {
  const found = /^(\d*)(?:\.(\d+))?(?:~(\d+))?$/.exec(position)
  if (found === null) throw new RangeError(`\`${position}\` is no position of a Kinesis shard`)
  const [, sequenceNumber, sub, until] = found
  return {
    sequenceNumber,
    ...(sub === undefined ? {} : { subSequence: Number(sub) }),
    ...(until === undefined ? {} : { untilMs: Number(until) }),
  }
}

/** Writes a position. */
export function formatKinesisPosition({ sequenceNumber, subSequence, untilMs }: KinesisPosition): Position {
  const record = subSequence === undefined ? sequenceNumber : `${sequenceNumber}.${subSequence}`
  return untilMs === undefined ? record : `${record}~${untilMs}`
}

/** Orders two sequence numbers, which are integers of up to 129 digits. */
export function compareSequenceNumbers(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : a > b ? 1 : 0
}

/** Orders two positions of one shard. */
export function compareKinesisPositions(a: Position, b: Position): number {
  if (a === b) return 0
  const left = parseKinesisPosition(a)
  const right = parseKinesisPosition(b)
  const bySequence = compareSequenceNumbers(left.sequenceNumber, right.sequenceNumber)
  if (bySequence !== 0) return bySequence
  const bySub = compareNumbers(left.subSequence ?? Infinity, right.subSequence ?? Infinity)
  return bySub !== 0 ? bySub : compareNumbers(left.untilMs ?? -1, right.untilMs ?? -1)
}

function compareNumbers(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}

import type { Position } from '@standpipe/core'

/** Where an entry stands in a journal: its segment's number, and its offset in the segment's file. */
export interface Place {
  readonly segment: number
  readonly offset: number
}

/** Where a record stands: the place of its entry, and its index in it. */
export interface RecordPlace extends Place {
  readonly index: number
}

/** Orders two places: negative, zero or positive. */
export function comparePlaces(a: Place, b: Place): number {
  return a.segment - b.segment || a.offset - b.offset
}

/** `segment:offset:index`, each in base 36. */
export function formatPosition(segment: number, offset: number, index: number): Position {
  return `${segment.toString(36)}:${offset.toString(36)}:${index.toString(36)}`
}

/** Reads a position of a journal. */
export function parsePosition(position: Position): RecordPlace {
  const [segment, offset, index] = position.split(':').map((part) => Number.parseInt(part, 36))
  return { segment, offset, index }
}

/** Orders two positions of a journal. */
export function comparePositions(a: Position, b: Position): number {
  const left = parsePosition(a)
  const right = parsePosition(b)
  return comparePlaces(left, right) || left.index - right.index
}

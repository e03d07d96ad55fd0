import type { Position } from '@standpipe/core'

/** Where the next record starts in a stream: byte offset (decompressed, as UTF-8) and line. */
export interface StreamPlace {
  readonly offset: number
  readonly line: number
}

/** The beginning of a stream. */
export const STREAM_START: StreamPlace = { offset: 0, line: 1 }

/** `offset:line`, with what identifies the stream after another colon. */
export function formatPlace(offset: number, line: number, stream = ''): Position {
  return stream === '' ? `${offset}:${line}` : `${offset}:${line}:${stream}`
}

/** Reads {@link formatPlace}; `stream` is empty where there was none. */
export function parsePlace(position: Position): StreamPlace & { readonly stream: string } {
  const [offset, line, ...stream] = position.split(':')
  return { offset: Number(offset), line: Number(line), stream: stream.join(':') }
}

/** Orders positions of one stream by their offset. */
export function comparePlaces(a: Position, b: Position): number {
  return Number.parseInt(a, 10) - Number.parseInt(b, 10)
}

import { createHash } from 'node:crypto'
import type { Position } from '@standpipe/core'
import { parsePlace, type StreamPlace } from '../reading/stream-position.js'

/** Bytes at the start of a file that tell it from others. */
export const HEAD_BYTES = 4096

/** What a position says of the file it was read from, so that it is known again after a restart. */
export interface FileIdentity {
  /** How many of the file's first bytes were hashed: as many as had been read, up to {@link HEAD_BYTES}. */
  readonly headBytes: number
  readonly headHash: string
  readonly inode: string
  /** Arrival time of its records, where the file is read once: the same when they are read again, though the file was written to since. */
  readonly arrivalMs?: number
}

/** A position of the `file` source: where in the stream, and of which file. */
export type FilePosition = StreamPlace & FileIdentity

/** Identity as the last part of a position: `4096-9f86d081884c7d65-2vk.lr0q`, with the arrival time after another `-`. */
export function formatIdentity(identity: FileIdentity): string {
  const { headBytes, headHash, inode, arrivalMs } = identity
  return `${headBytes}-${headHash}-${inode}${arrivalMs === undefined ? '' : `-${arrivalMs.toString(36)}`}`
}

/** Reads a position of this source. */
export function parseFilePosition(position: Position): FilePosition {
  const { offset, line, stream } = parsePlace(position)
  const [headBytes, headHash, inode, arrival] = stream.split('-')
  return { offset, line, headBytes: Number(headBytes), headHash, inode, ...(arrival === undefined ? {} : { arrivalMs: Number.parseInt(arrival, 36) }) }
}

/** Hash of a file's first bytes, for {@link FileIdentity}. */
export function hashHead(head: Uint8Array, bytes: number): string {
  return createHash('sha256').update(head.subarray(0, bytes)).digest('hex').slice(0, 16)
}

/** Whether a file that starts with `head` is, or grew from, the one that was read. */
export function startsAlike(identity: FileIdentity, head: Uint8Array): boolean {
  return identity.headBytes <= head.length && hashHead(head, identity.headBytes) === identity.headHash
}

import { crc32 } from 'node:zlib'
import { RecordDetails } from './record-details.js'

/** The records of an entry, in their order: record `i` is `bytes[starts[i], ends[i])`, for `i` below `count`. */
export interface EntryRecords {
  readonly count: number
  readonly bytes: Uint8Array
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** Number of each record's lane within the entry's stream; without it all are in lane 0. */
  readonly lanes?: Uint16Array
  /** Partition keys and problems; without it no record has any. */
  readonly details?: RecordDetails
}

/** What is appended as one: all of it is in the journal after a crash, or nothing. */
export interface JournalEntry {
  /** Milliseconds since the epoch. */
  readonly arrivalMs: number
  /** Name of the record stream; empty where there is only one. */
  readonly stream: string
  /** Names the request, so that a repetition of it is recognised. */
  readonly key?: string
  /** Hash of what was sent under the key, 16 bytes; only with a key. */
  readonly fingerprint?: Uint8Array
  /** Column names that all records share. */
  readonly header?: readonly string[]
  readonly records: EntryRecords
}

/** Bytes before the body of an entry: magic, checksum, body length, durable offset, arrival (u32 × 4, f64). */
export const ENTRY_HEAD_BYTES = 24
/** Bytes that a record takes in an entry beside its payload and details: lane, and the lengths of both. */
const RECORD_HEAD_BYTES = 10
/** No entry is larger; what claims to be is damage. */
const MAX_ENTRY_BYTES = 1024 ** 3

const MAGIC = 0x454a5053
/** The first bytes of every entry. */
export const ENTRY_MAGIC = Buffer.from('SPJE')

/** Thrown for an entry that is larger than a journal can hold, at any time. */
export class EntryTooLargeError extends RangeError {
  override readonly name = 'EntryTooLargeError'

  constructor(bytes: number) {
    super(`an entry of ${bytes} bytes is too large for the journal`)
  }
}

/** An entry as bytes, but for what is only known when it is written; see {@link sealEntry}. Throws EntryTooLargeError beyond 1 GiB. */
export function encodeEntry(entry: JournalEntry): Buffer {
  const { count, starts, ends, lanes, details } = entry.records
  const payloads = asBuffer(entry.records.bytes)
  const meta = Buffer.from(
    JSON.stringify({
      s: entry.stream === '' ? undefined : entry.stream,
      k: entry.key,
      f: entry.fingerprint === undefined ? undefined : asBuffer(entry.fingerprint).toString('base64'),
      h: entry.header,
    }),
  )
  const bodyBytes = 8 + meta.length + recordBytes(entry.records)
  if (bodyBytes > MAX_ENTRY_BYTES) throw new EntryTooLargeError(bodyBytes)
  const bytes = Buffer.allocUnsafe(ENTRY_HEAD_BYTES + bodyBytes)
  bytes.writeUInt32LE(MAGIC, 0)
  bytes.writeUInt32LE(bodyBytes, 8)
  bytes.writeDoubleLE(entry.arrivalMs, 16)
  let at = bytes.writeUInt32LE(meta.length, ENTRY_HEAD_BYTES)
  at += meta.copy(bytes, at)
  at = bytes.writeUInt32LE(count, at)
  for (let i = 0; i < count; i++) {
    const detailBytes = details === undefined ? 0 : details.ends[i] - details.starts[i]
    at = bytes.writeUInt16LE(lanes?.[i] ?? 0, at)
    at = bytes.writeUInt32LE(detailBytes, at)
    at = bytes.writeUInt32LE(ends[i] - starts[i], at)
    if (details !== undefined && detailBytes > 0) at += details.bytes.copy(bytes, at, details.starts[i], details.ends[i])
    at += payloads.copy(bytes, at, starts[i], ends[i])
  }
  return bytes
}

/** Bytes that records take in an entry. */
export function recordBytes({ count, starts, ends, details }: EntryRecords): number {
  let bytes = RECORD_HEAD_BYTES * count
  for (let i = 0; i < count; i++) bytes += ends[i] - starts[i]
  if (details !== undefined) for (let i = 0; i < count; i++) bytes += details.ends[i] - details.starts[i]
  return bytes
}

/**
 * Completes the bytes of an entry. `durableBytes` is how much of its segment was durable when it was written:
 * whatever lies before that and is damaged was not torn by a crash.
 */
export function sealEntry(bytes: Buffer, durableBytes: number): void {
  bytes.writeUInt32LE(durableBytes, 12)
  bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4)
}

/** What the head of an entry says; undefined where it is none. `bytes` is the length of the whole entry. */
export function readEntryHead(head: Buffer): { readonly bytes: number; readonly durableBytes: number } | undefined {
  if (head.length < ENTRY_HEAD_BYTES || head.readUInt32LE(0) !== MAGIC) return undefined
  const bodyBytes = head.readUInt32LE(8)
  return bodyBytes > MAX_ENTRY_BYTES ? undefined : { bytes: ENTRY_HEAD_BYTES + bodyBytes, durableBytes: head.readUInt32LE(12) }
}

/** Whether the checksum of a whole entry is right. */
export function isWhole(bytes: Buffer): boolean {
  return crc32(bytes.subarray(8)) === bytes.readUInt32LE(4)
}

/** Reads an entry whose checksum is right. Its records lie in `bytes`. */
export function decodeEntry(bytes: Buffer): JournalEntry {
  const metaBytes = bytes.readUInt32LE(ENTRY_HEAD_BYTES)
  let at = ENTRY_HEAD_BYTES + 4 + metaBytes
  const meta = metaBytes === 2 ? {} : (JSON.parse(bytes.toString('utf8', ENTRY_HEAD_BYTES + 4, at)) as { s?: string; k?: string; f?: string; h?: string[] })
  const count = bytes.readUInt32LE(at)
  at += 4
  const starts = new Int32Array(count)
  const ends = new Int32Array(count)
  const lanes = new Uint16Array(count)
  const detailStarts = new Int32Array(count)
  const detailEnds = new Int32Array(count)
  let hasDetails = false
  for (let i = 0; i < count; i++) {
    lanes[i] = bytes.readUInt16LE(at)
    const detailBytes = bytes.readUInt32LE(at + 2)
    const payloadBytes = bytes.readUInt32LE(at + 6)
    hasDetails ||= detailBytes > 0
    detailStarts[i] = at += RECORD_HEAD_BYTES
    starts[i] = detailEnds[i] = at += detailBytes
    ends[i] = at += payloadBytes
  }
  return {
    arrivalMs: bytes.readDoubleLE(16),
    stream: meta.s ?? '',
    key: meta.k,
    fingerprint: meta.f === undefined ? undefined : Buffer.from(meta.f, 'base64'),
    header: meta.h,
    records: { count, bytes, starts, ends, lanes, details: hasDetails ? new RecordDetails(bytes, detailStarts, detailEnds) : undefined },
  }
}

/** The same bytes as a Buffer, not copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

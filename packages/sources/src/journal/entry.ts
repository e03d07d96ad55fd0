import { crc32 } from 'node:zlib'

/** One record of an entry. */
export interface JournalRecord {
  /** Number of the lane within the entry's stream. */
  readonly lane: number
  readonly payload: Uint8Array
  readonly partitionKey?: string
  /** Why the record cannot be read: it is kept to become a dead letter. */
  readonly problem?: { readonly code: string; readonly message: string }
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
  readonly records: readonly JournalRecord[]
}

/** Bytes before the body of an entry: magic, checksum, body length, durable offset, arrival (u32 × 4, f64). */
export const ENTRY_HEAD_BYTES = 24
/** No entry is larger; what claims to be is damage. */
const MAX_ENTRY_BYTES = 1024 ** 3

const MAGIC = 0x454a5053
/** The first bytes of every entry. */
export const ENTRY_MAGIC = Buffer.from('SPJE')

/** An entry as bytes, but for what is only known when it is written; see {@link sealEntry}. */
export function encodeEntry(entry: JournalEntry): Buffer {
  const meta = Buffer.from(
    JSON.stringify({
      s: entry.stream === '' ? undefined : entry.stream,
      k: entry.key,
      f: entry.fingerprint === undefined ? undefined : Buffer.from(entry.fingerprint).toString('base64'),
      h: entry.header,
    }),
  )
  const details = entry.records.map(({ partitionKey, problem }) =>
    partitionKey === undefined && problem === undefined ? EMPTY : Buffer.from(JSON.stringify({ p: partitionKey, c: problem?.code, m: problem?.message })),
  )
  const bodyBytes = entry.records.reduce((sum, { payload }, i) => sum + RECORD_HEAD_BYTES + details[i].length + payload.length, 8 + meta.length)
  if (bodyBytes > MAX_ENTRY_BYTES) throw new RangeError(`an entry of ${bodyBytes} bytes is too large for a journal`)
  const bytes = Buffer.allocUnsafe(ENTRY_HEAD_BYTES + bodyBytes)
  bytes.writeUInt32LE(MAGIC, 0)
  bytes.writeUInt32LE(bodyBytes, 8)
  bytes.writeDoubleLE(entry.arrivalMs, 16)
  let at = bytes.writeUInt32LE(meta.length, ENTRY_HEAD_BYTES)
  at += meta.copy(bytes, at)
  at = bytes.writeUInt32LE(entry.records.length, at)
  entry.records.forEach(({ lane, payload }, i) => {
    at = bytes.writeUInt16LE(lane, at)
    at = bytes.writeUInt32LE(details[i].length, at)
    at = bytes.writeUInt32LE(payload.length, at)
    at += details[i].copy(bytes, at)
    bytes.set(payload, at)
    at += payload.length
  })
  return bytes
}

const EMPTY = Buffer.alloc(0)
const RECORD_HEAD_BYTES = 10

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

/** Reads an entry whose checksum is right. Its payloads are views of `bytes`. */
export function decodeEntry(bytes: Buffer): JournalEntry {
  const metaBytes = bytes.readUInt32LE(ENTRY_HEAD_BYTES)
  let at = ENTRY_HEAD_BYTES + 4 + metaBytes
  const meta = JSON.parse(bytes.toString('utf8', ENTRY_HEAD_BYTES + 4, at)) as { s?: string; k?: string; f?: string; h?: string[] }
  const records: JournalRecord[] = new Array<JournalRecord>(bytes.readUInt32LE(at))
  at += 4
  for (let i = 0; i < records.length; i++) {
    const lane = bytes.readUInt16LE(at)
    const detailBytes = bytes.readUInt32LE(at + 2)
    const payloadBytes = bytes.readUInt32LE(at + 6)
    at += RECORD_HEAD_BYTES
    const detail = detailBytes === 0 ? undefined : (JSON.parse(bytes.toString('utf8', at, at + detailBytes)) as { p?: string; c?: string; m?: string })
    at += detailBytes
    const problem = detail?.c === undefined ? undefined : { code: detail.c, message: detail.m ?? '' }
    records[i] = { lane, payload: bytes.subarray(at, at + payloadBytes), partitionKey: detail?.p, problem }
    at += payloadBytes
  }
  return {
    arrivalMs: bytes.readDoubleLE(16),
    stream: meta.s ?? '',
    key: meta.k,
    fingerprint: meta.f === undefined ? undefined : Buffer.from(meta.f, 'base64'),
    header: meta.h,
    records,
  }
}

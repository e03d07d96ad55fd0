import type { Rejection } from '@standpipe/core'
import { decompressPayload, type PayloadCompression } from './decompress-payload.js'
import type { PayloadParts } from '../reading/payload-ranges.js'
import type { UserRecords } from './unpack-page.js'

/** Payloads that follow one another, and what they hold in memory. */
export interface PayloadBatch {
  /** Index of the first among the user records. */
  readonly from: number
  readonly payloads: PayloadParts
  readonly heldBytes: number
}

/** How payloads are made into batches. */
export interface PayloadOptions {
  /** Payload bytes that a batch should hold. */
  readonly batchBytes: number
  readonly compression: PayloadCompression
  /** Larger payloads, decompressed, are records with a problem. */
  readonly maxRecordBytes: number
}

/** Cuts user records into batches of about the size that was asked for; compressed ones are decompressed a batch at a time. */
export async function* payloadBatches(records: UserRecords, options: PayloadOptions): AsyncGenerator<PayloadBatch> {
  const count = records.starts.length
  if (count === 0) return
  let payloadBytes = 0
  for (let i = 0; i < count; i++) payloadBytes += records.ends[i] - records.starts[i]
  // A batch keeps the answer that it lies in: each counts its share of it.
  const besideBytes = (records.bytes.length - payloadBytes) / count
  for (let from = 0; from < count;) {
    const batch = options.compression === 'none' ? slice(records, from, options.batchBytes) : await decompressFrom(records, from, options)
    const taken = batch.payloads.starts.length
    yield { ...batch, heldBytes: batch.heldBytes + Math.ceil(besideBytes * taken) }
    from += taken
  }
}

function slice(records: UserRecords, from: number, batchBytes: number): PayloadBatch {
  let to = from
  let bytes = 0
  do bytes += records.ends[to] - records.starts[to++]
  while (to < records.starts.length && bytes + records.ends[to] - records.starts[to] <= batchBytes)
  return { from, payloads: { bytes: records.bytes, starts: records.starts.subarray(from, to), ends: records.ends.subarray(from, to) }, heldBytes: bytes }
}

async function decompressFrom(records: UserRecords, from: number, { batchBytes, compression, maxRecordBytes }: PayloadOptions): Promise<PayloadBatch> {
  const parts: Uint8Array[] = []
  const ends: number[] = []
  const problems = new Map<number, Rejection>()
  let [length, compressedBytes] = [0, 0]
  for (let i = from; i < records.starts.length && (parts.length === 0 || length < batchBytes); i++) {
    const payload = records.bytes.subarray(records.starts[i], records.ends[i])
    const { bytes, problem } = await decompressPayload(payload, compression, maxRecordBytes)
    if (problem !== undefined) problems.set(parts.length, problem)
    parts.push(bytes)
    length += bytes.length
    compressedBytes += payload.length
    ends.push(length)
  }
  const starts = Int32Array.from(ends, (_, i) => (i === 0 ? 0 : ends[i - 1]))
  return { from, payloads: { bytes: Buffer.concat(parts, length), starts, ends: Int32Array.from(ends), problems }, heldBytes: length + compressedBytes }
}

import { gunzipSync } from 'node:zlib'
import { formatSize, type Rejection } from '@standpipe/core'
import { UnzstdError, unzstd } from '../reading/unzstd.js'

/** How payloads are compressed; `auto` goes by the first bytes of each. */
export type PayloadCompression = 'none' | 'auto' | 'gzip' | 'zstd'

/** A payload, or why it cannot be had; then its bytes are as they came. */
export interface Decompressed {
  readonly bytes: Uint8Array
  readonly problem?: Rejection
}

/** Decompresses one payload, to no more than `limitBytes`. */
export async function decompressPayload(payload: Buffer, compression: PayloadCompression, limitBytes: number): Promise<Decompressed> {
  const kind = compression === 'auto' ? compressionOf(payload) : compression
  if (kind === 'none') return { bytes: payload }
  try {
    return { bytes: kind === 'gzip' ? gunzipSync(payload, { maxOutputLength: limitBytes }) : await unzstd(payload, limitBytes, () => undefined) }
  } catch (error) {
    const isLarge = error instanceof RangeError || (error instanceof UnzstdError && error.reason === 'large')
    const problem = isLarge
      ? { code: 'Source.RecordTooLarge', message: `the record has more than ${formatSize(limitBytes)} when decompressed (maxRecord); it is kept compressed` }
      : { code: 'Source.Undecompressable', message: `the payload is no valid ${kind}` }
    return { bytes: payload, problem }
  }
}

function compressionOf(payload: Buffer): 'none' | 'gzip' | 'zstd' {
  if (payload.length >= 2 && payload.readUInt16BE(0) === 0x1f8b) return 'gzip'
  return payload.length >= 4 && payload.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : 'none'
}

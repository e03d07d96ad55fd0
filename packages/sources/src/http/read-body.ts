import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { formatSize } from '@standpipe/core'
import { RefusedError } from './refusal.js'
import { UnzstdError, unzstd } from './unzstd.js'

const inflate = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(gunzip)

/** Sizes that a body may have. */
export interface BodyLimits {
  readonly bodyBytes: number
  readonly decompressedBytes: number
}

/** Refuses what a request says of its body before it is read: its length, its encoding. */
export function checkBodyHeaders(request: IncomingMessage, { bodyBytes }: BodyLimits): void {
  if (Number(request.headers['content-length'] ?? 0) > bodyBytes) throw tooLarge(bodyBytes)
  encodingOf(request)
}

/** Reads a body, no more of it than is allowed; `grown` is told of every piece, and may throw. */
export async function readBody(request: IncomingMessage, { bodyBytes }: BodyLimits, grown: (bytes: number) => void): Promise<Buffer> {
  const pieces: Buffer[] = []
  let length = 0
  // Ending the loop must not end the connection, on which the refusal is sent.
  for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += piece.length
    if (length > bodyBytes) throw tooLarge(bodyBytes)
    grown(piece.length)
    pieces.push(piece)
  }
  return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces, length)
}

/** Undoes the `Content-Encoding`; stops where the limit is reached, so that no bomb goes off. */
export async function decompressBody(body: Buffer, request: IncomingMessage, { decompressedBytes }: BodyLimits): Promise<Buffer> {
  const encoding = encodingOf(request)
  if (encoding === 'identity') return body
  const refused = (): RefusedError => new RefusedError(413, `the body is larger than ${formatSize(decompressedBytes)} when decompressed (limits.decompressed)`)
  try {
    return encoding === 'gzip' ? await inflate(body, { maxOutputLength: decompressedBytes }) : await unzstd(body, decompressedBytes)
  } catch (cause) {
    if (cause instanceof RangeError || (cause instanceof UnzstdError && cause.reason === 'large')) throw refused()
    throw new RefusedError(400, `the body is no valid ${encoding}`, { cause })
  }
}

function encodingOf(request: IncomingMessage): 'identity' | 'gzip' | 'zstd' {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (encoding === 'x-gzip') return 'gzip'
  if (encoding === 'identity' || encoding === 'gzip' || encoding === 'zstd') return encoding
  throw new RefusedError(415, 'this Content-Encoding is not known; gzip, zstd and identity are', { headers: { 'Accept-Encoding': 'gzip, zstd' } })
}

function tooLarge(bodyBytes: number): RefusedError {
  return new RefusedError(413, `the body is larger than ${formatSize(bodyBytes)} (limits.body)`)
}

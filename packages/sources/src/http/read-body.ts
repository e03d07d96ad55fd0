import type { IncomingMessage } from 'node:http'
import { createGunzip } from 'node:zlib'
import { formatSize } from '@standpipe/core'
import { CollectedBytes } from '../reading/collected-bytes.js'
import { UnzstdError, unzstd } from '../reading/unzstd.js'
import { RefusedError } from './refusal.js'

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

/** Reads a body, no more of it than is allowed; `grown` is told of the memory it takes, piece by piece, and may throw. What is left unread stays with the request. */
export function readBody(request: IncomingMessage, { bodyBytes }: BodyLimits, grown: (bytes: number) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const collected = new CollectedBytes()
    const over = (): void => void request.off('data', take).off('end', end).off('error', stop).off('close', broken)
    const stop = (error: unknown): void => {
      over()
      request.pause()
      reject(error as Error)
    }
    const take = (piece: Buffer): void => {
      collected.add(piece)
      try {
        if (collected.length > bodyBytes) throw tooLarge(bodyBytes)
        grown(piece.length)
      } catch (error) {
        stop(error)
      }
    }
    const end = (): void => {
      over()
      try {
        resolve(collected.join(grown))
      } catch (error) {
        reject(error as Error)
      }
    }
    const broken = (): void => stop(new Error('the client went away'))
    request.on('data', take).on('end', end).on('error', stop).on('close', broken)
  })
}

/** Undoes the `Content-Encoding`; stops where the limit is reached, or `grown` throws, so that no bomb goes off. */
export async function decompressBody(body: Buffer, request: IncomingMessage, { decompressedBytes }: BodyLimits, grown: (bytes: number) => void): Promise<Buffer> {
  const encoding = encodingOf(request)
  if (encoding === 'identity') return body
  try {
    return encoding === 'gzip' ? await inflate(body, decompressedBytes, grown) : await unzstd(body, decompressedBytes, grown)
  } catch (cause) {
    if (cause instanceof RefusedError) throw cause
    if (cause instanceof UnzstdError && cause.reason === 'large') throw tooLargeDecompressed(decompressedBytes)
    if (cause instanceof UnzstdError && cause.reason === 'scattered') throw new RefusedError(413, 'the zstd body has too many small blocks for its size and window')
    throw new RefusedError(400, `the body is no valid ${encoding}`, { cause })
  }
}

function inflate(body: Buffer, limitBytes: number, grown: (bytes: number) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const collected = new CollectedBytes()
    const stream = createGunzip({ chunkSize: Math.min(INFLATED_BYTES, Math.max(1024, body.length * 8)) })
    stream.on('data', (piece: Buffer) => {
      collected.add(piece)
      try {
        if (collected.length > limitBytes) throw tooLargeDecompressed(limitBytes)
        grown(piece.length)
      } catch (error) {
        stream.destroy(error as Error)
      }
    })
    stream.on('end', () => {
      try {
        resolve(collected.join(grown))
      } catch (error) {
        reject(error as Error)
      }
    })
    stream.on('error', reject)
    stream.end(body)
  })
}

/** Bytes that come out of a compressed body at a time. */
const INFLATED_BYTES = 256 * 1024

function encodingOf(request: IncomingMessage): 'identity' | 'gzip' | 'zstd' {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (encoding === 'x-gzip') return 'gzip'
  if (encoding === 'identity' || encoding === 'gzip' || encoding === 'zstd') return encoding
  throw new RefusedError(415, 'this Content-Encoding is not known; gzip, zstd and identity are', { headers: { 'Accept-Encoding': 'gzip, zstd' } })
}

function tooLarge(bodyBytes: number): RefusedError {
  return new RefusedError(413, `the body is larger than ${formatSize(bodyBytes)} (limits.body)`)
}

function tooLargeDecompressed(decompressedBytes: number): RefusedError {
  return new RefusedError(413, `the body is larger than ${formatSize(decompressedBytes)} when decompressed (limits.decompressed)`)
}

import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { z } from 'zod'
import { compressZstd } from './zstd.js'

/** The option every text format has. */
export function compressionOption() {
  return z.enum(['none', 'gzip', 'zstd']).default('none').describe('Compression of the whole object; `gzip` is what every reader takes.')
}

/** Name of a compression, as in YAML. */
export type CompressionName = 'none' | 'gzip' | 'zstd'

/** Compresses blocks, each on its own: their concatenation is a legal file (RFC 1952 members, RFC 8878 frames). */
export interface Compression {
  /** Added to the format's extension: `.gz`, `.zst`, or nothing. */
  readonly extension: string
  /** Of HTTP's Content-Encoding; absent for none. */
  readonly contentEncoding?: string
  compress(block: Uint8Array): Promise<Uint8Array>
}

const gzipBlock = promisify(gzip)

/** The compression of this name. */
export function compressionOf(name: CompressionName): Compression {
  switch (name) {
    case 'none':
      return { extension: '', compress: (block) => Promise.resolve(block) }
    case 'gzip':
      return { extension: '.gz', contentEncoding: 'gzip', compress: (block) => gzipBlock(block) }
    case 'zstd':
      return { extension: '.zst', contentEncoding: 'zstd', compress: compressZstd }
  }
}

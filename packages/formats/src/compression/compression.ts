import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { z } from 'zod'
import { openHadoopSnappy, openXerialSnappy } from './snappy.js'
import { ZipArchive } from './zip-archive.js'
import { loadZstd } from './zstd.js'

const ZSTD_LEVEL = 3

/** The option every text format has. */
export function compressionOption() {
  return z.enum(['none', 'gzip', 'zstd']).default('none').describe('Compression of the whole object; `gzip` is what every reader takes.')
}

/** Names of all compressions, as in YAML. */
export const COMPRESSIONS = ['none', 'gzip', 'zstd', 'zip', 'snappy', 'hadoop-snappy'] as const

/** Name of a compression, as in YAML. */
export type CompressionName = (typeof COMPRESSIONS)[number]

/** How objects are compressed. */
export interface Compression {
  /** Added to the format's extension: `.gz`, `.zst`, or nothing. */
  readonly extension: string
  /** Of HTTP's Content-Encoding; absent for none. */
  readonly contentEncoding?: string
  /** Begins an object. */
  open(): CompressedObject
}

/** An object on its way through a compression: what the calls give, one after another, is the file. One call at a time. */
export interface CompressedObject {
  /** A block that is not empty. */
  compress(block: Uint8Array): Promise<Uint8Array>
  /** What ends the file; also of an object without a block, which is a legal file of nothing. */
  end(): Promise<Uint8Array>
}

const gzipBlock = promisify(gzip)
const NOTHING = new Uint8Array(0)

/** The compression of this name. */
export function compressionOf(name: CompressionName): Compression {
  switch (name) {
    case 'none':
      return { extension: '', open: () => ({ compress: (block) => Promise.resolve(block), end: () => Promise.resolve(NOTHING) }) }
    case 'gzip':
      return { extension: '.gz', contentEncoding: 'gzip', open: () => eachAlone((block) => gzipBlock(block)) }
    case 'zstd':
      return { extension: '.zst', contentEncoding: 'zstd', open: () => eachAlone(async (block) => (await loadZstd()).compress(block, ZSTD_LEVEL)) }
    case 'zip':
      return { extension: '.zip', open: () => new ZipArchive() }
    case 'snappy':
      return { extension: '.snappy', contentEncoding: 'snappy-java', open: openXerialSnappy }
    case 'hadoop-snappy':
      return { extension: '.snappy', contentEncoding: 'hadoop-snappy', open: openHadoopSnappy }
  }
}

/** Blocks compressed each on its own: their concatenation is a legal file (RFC 1952 members, RFC 8878 frames), an empty file is none. */
function eachAlone(compress: (block: Uint8Array) => Promise<Uint8Array>): CompressedObject {
  let isEmpty = true
  return {
    compress(block) {
      isEmpty = false
      return compress(block)
    },
    end: () => (isEmpty ? compress(NOTHING) : Promise.resolve(NOTHING)),
  }
}

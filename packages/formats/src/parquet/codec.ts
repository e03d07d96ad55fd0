import { StandpipeError } from '@standpipe/core/model'
import { gzipSync } from 'node:zlib'
import { loadZstd } from '../compression/zstd.js'
import { CompressionCodec, type EnumValue } from './format-enums.js'

/** How pages are compressed. */
export type CompressionName = 'snappy' | 'zstd' | 'gzip' | 'none'

/** A loaded codec. */
export interface Codec {
  readonly id: EnumValue<typeof CompressionCodec>
  /** The compressed bytes, in memory of their own: the input is a scratch that will be written over. */
  compress(bytes: Uint8Array): Uint8Array
}

/**
 * Loads a codec. `level` is that of zstd (1 to 22) or gzip (1 to 9); snappy and none have none.
 * Throws StandpipeError MODULE_UNLOADABLE where the package cannot be loaded on this machine.
 */
export async function loadCodec(name: CompressionName, level: number): Promise<Codec> {
  switch (name) {
    case 'none':
      return { id: CompressionCodec.UNCOMPRESSED, compress: (bytes) => bytes.slice() }
    case 'gzip':
      return { id: CompressionCodec.GZIP, compress: (bytes) => gzipSync(bytes, { level }) }
    case 'snappy':
      return loadSnappy()
    case 'zstd': {
      const zstd = await loadPackage('@bokuweb/zstd-wasm', loadZstd)
      return { id: CompressionCodec.ZSTD, compress: (bytes) => zstd.compress(bytes, level) }
    }
  }
}

async function loadSnappy(): Promise<Codec> {
  const { compressSync } = await loadPackage('snappy', () => import('snappy'))
  return { id: CompressionCodec.SNAPPY, compress: (bytes) => compressSync(bytes) }
}

async function loadPackage<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    throw new StandpipeError(`the package \`${name}\` cannot be loaded on this machine; choose another compression`, {
      code: 'MODULE_UNLOADABLE',
      component: 'parquet',
      cause,
    })
  }
}

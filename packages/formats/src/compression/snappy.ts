import { StandpipeError } from '@standpipe/core/model'
import type { CompressedObject } from './compression.js'

/** snappy-java compresses this much at once. */
const XERIAL_CHUNK_BYTES = 32 * 1024
/** Hadoop's default buffer of its codec. */
const HADOOP_BLOCK_BYTES = 256 * 1024

/** `0x82 SNAPPY 0x00`, then the version that wrote it and the least that reads it, both 1. */
const XERIAL_HEADER = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])

/** A stream of snappy-java (xerial): a header, then chunks, each after its compressed length. What Firehose writes as `Snappy`. */
export function openXerialSnappy(): CompressedObject {
  let begun = false
  const header = (): readonly Uint8Array[] => {
    if (begun) return []
    begun = true
    return [XERIAL_HEADER]
  }
  return {
    async compress(block) {
      const parts = [...header()]
      for (const chunk of await compressChunks(block, XERIAL_CHUNK_BYTES)) parts.push(length32(chunk.compressed), chunk.compressed)
      return Buffer.concat(parts)
    },
    end: () => Promise.resolve(Buffer.concat(header())),
  }
}

/** Hadoop's block format: the plain length of a block, then its compressed length and bytes. What Firehose writes as `HADOOP_SNAPPY`. */
export function openHadoopSnappy(): CompressedObject {
  return {
    async compress(block) {
      const chunks = await compressChunks(block, HADOOP_BLOCK_BYTES)
      return Buffer.concat(chunks.flatMap(({ plain, compressed }) => [length32(plain), length32(compressed), compressed]))
    },
    end: () => Promise.resolve(new Uint8Array(0)),
  }
}

interface Chunk {
  readonly plain: Uint8Array
  readonly compressed: Uint8Array
}

async function compressChunks(block: Uint8Array, chunkBytes: number): Promise<Chunk[]> {
  const { compress } = await loadSnappy()
  const chunks: Chunk[] = []
  for (let at = 0; at < block.length; at += chunkBytes) {
    const plain = block.subarray(at, at + chunkBytes)
    chunks.push({ plain, compressed: await compress(plain) })
  }
  return chunks
}

async function loadSnappy(): Promise<typeof import('snappy')> {
  try {
    return await import('snappy')
  } catch (cause) {
    throw new StandpipeError('the package `snappy` cannot be loaded on this machine; choose another compression', { code: 'MODULE_UNLOADABLE', cause })
  }
}

function length32(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return length
}

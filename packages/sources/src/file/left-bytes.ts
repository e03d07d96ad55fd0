import { resolve } from 'node:path'
import type { Position, ShardId } from '@standpipe/core'
import { detectCompression, type Compression } from './compression.js'
import { parseFilePosition } from './file-position.js'
import { inspectFile } from './find-files.js'

/**
 * Bytes of a file after a position, from one look at the file: undefined where that does not tell them,
 * because it is compressed, gone, or not the file any more that was read.
 */
export async function leftBytes(directory: string, compression: Compression | 'auto', shard: ShardId, position: Position | undefined): Promise<number | undefined> {
  const path = shard.replace(/#\d+$/, '')
  if (detectCompression(compression, path, new Uint8Array(0)) !== 'none') return undefined
  const found = await inspectFile(resolve(directory, path), directory)
  if (found === undefined) return undefined
  if (position === undefined) return found.sizeBytes
  const { offset, inode } = parseFilePosition(position)
  return inode === found.inode && offset <= found.sizeBytes ? found.sizeBytes - offset : undefined
}

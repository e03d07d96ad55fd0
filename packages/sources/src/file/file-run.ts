import { open } from 'node:fs/promises'
import type { SourceEvent, SourceRuntime } from '@standpipe/core'
import type { FramedBlock } from '../reading/framed-block.js'
import { detectEncoding } from '../reading/text-encoding.js'
import { unreadable } from './file-bytes.js'
import type { FileGenerations, Generation, InspectedFile } from './file-generations.js'
import { parseFilePosition } from './file-position.js'
import { readHeadOf, type FileReading } from './file-reader.js'
import { findFiles, type FoundFile } from './find-files.js'

/** What one run of the source works with. */
export interface FileRun {
  readonly patterns: readonly string[]
  readonly directory: string
  readonly reading: FileReading
  readonly generations: FileGenerations
  readonly runtime: SourceRuntime
}

/** The files that the patterns name now, and the patterns without one. */
export function lookForFiles(run: FileRun): ReturnType<typeof findFiles> {
  return findFiles(run.patterns, run.directory)
}

/** Reads the first bytes of a file: what it is known by, and how it is compressed. Throws SOURCE_UNREADABLE. */
export async function inspectFile(file: FoundFile, reading: FileReading): Promise<InspectedFile> {
  try {
    const handle = await open(file.fullPath, 'r')
    try {
      const head = await readHeadOf(handle)
      const plain = reading.compressionOf({ path: file.path, head }) === 'none'
      return { ...file, head, offsetsAreBytes: plain && detectEncoding(head, reading.encoding).label === 'utf-8' }
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw unreadable(file.fullPath, error)
  }
}

/** A block as an event of its shard; the generation remembers how far it was read. */
export function recordsEvent(generation: Generation, block: FramedBlock): SourceEvent {
  generation.position = parseFilePosition(block.position(block.count - 1))
  return { kind: 'records', shard: generation.shard, records: block, bytes: block.bytes.length }
}

/** The end of a shard, which is remembered as well. */
export function endEvent(generation: Generation): SourceEvent {
  generation.ended = true
  return { kind: 'shardEnd', shard: generation.shard }
}

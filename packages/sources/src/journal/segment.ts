import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { StandpipeError } from '@standpipe/core'
import { replaceFile, type JournalFile, type JournalFiles } from './journal-files.js'

/** Version of the segment format that is written, and the newest that is read. */
const SEGMENT_VERSION = 1
/** Bytes before the first entry: magic, version, checksum, number, previous number and length. */
export const SEGMENT_HEAD_BYTES = 40

const MAGIC = 'STANDPJ\n'
const SUFFIX = '.journal'

/** What the head of a segment says. */
export interface SegmentHead {
  /** Milliseconds since the epoch at which it was begun, or one more than the number before it. */
  readonly number: number
  /** The segment before it, and how long that is: so that one cut short or taken away is noticed. 0 for the first. */
  readonly previousNumber: number
  readonly previousBytes: number
}

/** Path of a segment. */
export function segmentPath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(16, '0')}${SUFFIX}`)
}

/** Number of a segment by its name; undefined where the name is of something else. */
export function segmentNumber(name: string): number | undefined {
  return /^\d{16}\.journal$/.test(name) ? Number(name.slice(0, 16)) : undefined
}

/** Makes a segment without entries. It appears with its whole head, or not at all. */
export async function createSegment(files: JournalFiles, folder: string, head: SegmentHead): Promise<void> {
  const bytes = Buffer.alloc(SEGMENT_HEAD_BYTES)
  bytes.write(MAGIC, 0, 'latin1')
  bytes.writeUInt32LE(SEGMENT_VERSION, 8)
  bytes.writeDoubleLE(head.number, 16)
  bytes.writeDoubleLE(head.previousNumber, 24)
  bytes.writeDoubleLE(head.previousBytes, 32)
  bytes.writeUInt32LE(crc32(bytes.subarray(16), crc32(bytes.subarray(0, 12))), 12)
  await replaceFile(files, segmentPath(folder, head.number), bytes)
}

/** Reads the head of a segment. Throws SOURCE_DATA_CORRUPT, or LEDGER_NEWER where a newer version wrote it. */
export async function readSegmentHead(file: JournalFile, path: string): Promise<SegmentHead> {
  const bytes = Buffer.from(await file.readAt(0, SEGMENT_HEAD_BYTES))
  if (bytes.length < 12 || bytes.toString('latin1', 0, 8) !== MAGIC) throw corrupt(path, 0, 'this is no segment of a journal')
  const version = bytes.readUInt32LE(8)
  if (version > SEGMENT_VERSION) {
    throw new StandpipeError(`${path} was written by a newer Standpipe (journal version ${version}; this one reads up to ${SEGMENT_VERSION})`, {
      code: 'LEDGER_NEWER',
      component: 'journal',
    })
  }
  if (bytes.length < SEGMENT_HEAD_BYTES || bytes.readUInt32LE(12) !== crc32(bytes.subarray(16), crc32(bytes.subarray(0, 12)))) {
    throw corrupt(path, 0, 'the head of the segment is damaged')
  }
  return { number: bytes.readDoubleLE(16), previousNumber: bytes.readDoubleLE(24), previousBytes: bytes.readDoubleLE(32) }
}

/** The error for damage in a place that was durable. */
export function corrupt(path: string, offset: number, what: string): StandpipeError {
  return new StandpipeError(`${path} at offset ${offset}: ${what}`, { code: 'SOURCE_DATA_CORRUPT', component: 'journal' })
}

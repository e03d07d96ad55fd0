import { decodeEntry, ENTRY_HEAD_BYTES, ENTRY_MAGIC, isWhole, readEntryHead, type JournalEntry } from './entry.js'
import type { JournalFile } from './journal-files.js'
import { corrupt } from './segment.js'

const READ_BYTES = 256 * 1024

/** An entry, and where it stands in its segment. `next` is the offset just after it. */
export interface ScannedEntry {
  readonly offset: number
  readonly next: number
  readonly entry: JournalEntry
}

/** Where the entries of a segment end before its bytes do, and why. */
interface ScanEnd {
  readonly offset: number
  readonly problem: string | undefined
}

/** Reads the entries in `[from, end)`, in order; returns where the last whole one ended. */
async function* scan(file: JournalFile, from: number, end: number, readBytes: number): AsyncGenerator<ScannedEntry, ScanEnd> {
  let window: Buffer = Buffer.alloc(0)
  let windowStart = from
  const bytesAt = async (offset: number, length: number): Promise<Buffer> => {
    if (offset + length > windowStart + window.length) {
      window = Buffer.from(await file.readAt(offset, Math.min(end - offset, Math.max(readBytes, length))))
      windowStart = offset
    }
    return window.subarray(offset - windowStart, offset - windowStart + length)
  }
  let offset = from
  while (offset < end) {
    const head = readEntryHead(await bytesAt(offset, ENTRY_HEAD_BYTES))
    if (head === undefined) return { offset, problem: 'no entry begins here' }
    if (offset + head.bytes > end) return { offset, problem: 'the entry is cut off' }
    const bytes = await bytesAt(offset, head.bytes)
    if (bytes.length < head.bytes) return { offset, problem: 'the entry is cut off' }
    if (!isWhole(bytes)) return { offset, problem: 'the checksum of the entry is wrong' }
    const next = offset + head.bytes
    yield { offset, next, entry: decodeEntry(bytes) }
    offset = next
  }
  return { offset, problem: undefined }
}

/** Reads the entries in `[from, end)` of a segment, all of which are durable. Throws SOURCE_DATA_CORRUPT at damage. */
export async function* readEntries(file: JournalFile, path: string, from: number, end: number): AsyncGenerator<ScannedEntry> {
  const { offset, problem } = yield* scan(file, from, end, READ_BYTES)
  if (problem !== undefined) throw corrupt(path, offset, `${problem}, though it was durable`)
}

/**
 * Where the entries of the segment that was written last end: what follows was torn by a crash, before it was
 * durable. Throws SOURCE_DATA_CORRUPT where a later entry proves that the damage is in what was durable.
 */
export async function findTornTail(file: JournalFile, path: string, from: number, end: number, visit: (scanned: ScannedEntry) => void): Promise<number> {
  const entries = scan(file, from, end, READ_BYTES)
  let found = await entries.next()
  for (; found.done !== true; found = await entries.next()) visit(found.value)
  const { offset, problem } = found.value
  if (problem === undefined) return offset
  const rest = Buffer.from(await file.readAt(offset, end - offset))
  for (let at = rest.indexOf(ENTRY_MAGIC, 1); at >= 0; at = rest.indexOf(ENTRY_MAGIC, at + 1)) {
    const head = readEntryHead(rest.subarray(at))
    if (head === undefined || at + head.bytes > rest.length || head.durableBytes <= offset) continue
    if (isWhole(rest.subarray(at, at + head.bytes))) throw corrupt(path, offset, `${problem}, though it was durable when the entry at ${offset + at} was written`)
  }
  return offset
}

import { asBuffer, decodeEntry, ENTRY_HEAD_BYTES, ENTRY_MAGIC, isWhole, readEntryHead, type JournalEntry } from './entry.js'
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

/** Reads the entries in `[from, end)`, in order, some at a time; returns where the last whole one ended. */
async function* scan(file: JournalFile, from: number, end: number): AsyncGenerator<readonly ScannedEntry[], ScanEnd> {
  let offset = from
  let wanted = READ_BYTES
  while (offset < end) {
    const window = asBuffer(await file.readAt(offset, Math.min(end - offset, wanted)))
    const { entries, bytes, problem, next } = takeEntries(window, offset, end)
    if (entries.length > 0) yield entries
    offset += bytes
    if (problem !== undefined) return { offset, problem }
    // The file may be shorter than it was said to be.
    if (bytes === 0 && wanted >= next) return { offset, problem: CUT_OFF }
    wanted = Math.max(READ_BYTES, next)
  }
  return { offset, problem: undefined }
}

const CUT_OFF = 'the entry is cut off'

/** The whole entries at the front of a window; how many bytes they take, and how many the next one does. */
function takeEntries(window: Buffer, from: number, end: number): { entries: ScannedEntry[]; bytes: number; problem: string | undefined; next: number } {
  const entries: ScannedEntry[] = []
  let at = 0
  const upTo = (problem: string | undefined, next = ENTRY_HEAD_BYTES): ReturnType<typeof takeEntries> => ({ entries, bytes: at, problem, next })
  while (at < window.length) {
    const left = end - from - at
    if (window.length - at < ENTRY_HEAD_BYTES && left >= ENTRY_HEAD_BYTES) return upTo(undefined)
    const head = readEntryHead(window.subarray(at, at + ENTRY_HEAD_BYTES))
    if (head === undefined) return upTo('no entry begins here')
    if (head.bytes > left) return upTo(CUT_OFF)
    if (head.bytes > window.length - at) return upTo(undefined, head.bytes)
    const bytes = window.subarray(at, at + head.bytes)
    if (!isWhole(bytes)) return upTo('the checksum of the entry is wrong')
    entries.push({ offset: from + at, next: from + at + head.bytes, entry: decodeEntry(bytes) })
    at += head.bytes
  }
  return upTo(undefined)
}

/** Reads the entries in `[from, end)` of a segment, all of which are durable, some at a time. Throws SOURCE_DATA_CORRUPT at damage. */
export async function* readEntries(file: JournalFile, path: string, from: number, end: number): AsyncGenerator<readonly ScannedEntry[]> {
  const { offset, problem } = yield* scan(file, from, end)
  if (problem !== undefined) throw corrupt(path, offset, `${problem}, though it was durable`)
}

/**
 * Where the entries of the segment that was written last end: what follows was torn by a crash, before it was
 * durable. Throws SOURCE_DATA_CORRUPT where a later entry proves that the damage is in what was durable.
 */
export async function findTornTail(file: JournalFile, path: string, from: number, end: number, visit: (scanned: ScannedEntry) => void): Promise<number> {
  const entries = scan(file, from, end)
  let found = await entries.next()
  for (; found.done !== true; found = await entries.next()) found.value.forEach(visit)
  const { offset, problem } = found.value
  if (problem === undefined) return offset
  const rest = asBuffer(await file.readAt(offset, end - offset))
  for (let at = rest.indexOf(ENTRY_MAGIC, 1); at >= 0; at = rest.indexOf(ENTRY_MAGIC, at + 1)) {
    const head = readEntryHead(rest.subarray(at))
    if (head === undefined || at + head.bytes > rest.length || head.durableBytes <= offset) continue
    if (isWhole(rest.subarray(at, at + head.bytes))) throw corrupt(path, offset, `${problem}, though it was durable when the entry at ${offset + at} was written`)
  }
  return offset
}

import { formatSize, StandpipeError, type Clock, type Logger, type Position, type ShardId } from '@standpipe/core'
import { encodeEntry, EntryTooLargeError, type JournalEntry } from './entry.js'
import { GroupCommit, type Segment } from './group-commit.js'
import { KeyWindow, type KeyWindowOptions } from './key-window.js'
import type { JournalFiles } from './journal-files.js'
import type { Place } from './place.js'
import { JournalReader, readerPath } from './readers.js'
import { recoverSegments } from './recover-segments.js'
import { readEntries } from './scan-segment.js'
import { SEGMENT_HEAD_BYTES, segmentPath } from './segment.js'

/** What a journal needs to be opened. */
export interface JournalOptions {
  readonly folder: string
  readonly files: JournalFiles
  readonly clock: Clock
  readonly log: Logger
}

/** How a journal is written, and how much of it is kept. */
export interface JournalLimits {
  readonly segmentBytes: number
  /** All segments together; beyond it nothing is accepted. */
  readonly keepBytes: number
  /** How long what is delivered is kept, unless room is needed. */
  readonly keepMs: number
  /** False leaves it to the operating system when bytes reach the disk: a power cut then loses what was acknowledged. */
  readonly fsync: boolean
  readonly keys: KeyWindowOptions
}

/** An entry in its place; `next` is the place after it. */
export interface PlacedEntry {
  readonly place: Place
  readonly next: Place
  readonly entry: JournalEntry
}

/**
 * An append-only log on local disk. What was appended is durable and is read in one order, by any number of
 * readers, each at its own place; whole segments are deleted once every reader has settled them.
 */
export class Journal {
  private writer: { readonly commit: GroupCommit; readonly limits: JournalLimits; readonly keys: KeyWindow } | undefined
  private readonly listeners = new Set<() => void>()
  private retiring: Promise<void> = Promise.resolve()
  private wasFull = false

  private constructor(
    private readonly options: JournalOptions,
    private readonly segments: Segment[],
    private readonly readers: JournalReader[],
  ) {}

  /** Opens a journal, or makes it, and recovers it from a crash. Throws SOURCE_DATA_CORRUPT or LEDGER_NEWER. */
  static async open(options: JournalOptions): Promise<Journal> {
    const { files, folder, log } = options
    await files.makeDirectory(folder)
    const names = await files.list(folder)
    for (const name of names.filter((candidate) => candidate.endsWith('.tmp'))) await files.remove(`${folder}/${name}`)
    return new Journal(options, await recoverSegments(files, folder, names, log), await JournalReader.openAll(files, folder, names))
  }

  /** Begins to write; once. Reads the keys that are still in their window. Nothing is deleted before. */
  async startWriting(limits: JournalLimits): Promise<void> {
    const { files, folder, clock } = this.options
    if (this.writer !== undefined) {
      throw new StandpipeError(`the journal ${folder} is written by another source of this process`, { code: 'SOURCE_UNREADABLE', component: 'journal' })
    }
    const keys = new KeyWindow(limits.keys)
    await keys.load(files, folder, await files.list(folder), clock.now())
    const since = clock.now() - limits.keys.windowMs
    const recent = this.segments.find((segment) => segment.lastArrivalMs >= since)
    if (recent !== undefined) {
      for await (const { place, entry } of this.read({ segment: recent.number, offset: 0 })) {
        if (entry.key !== undefined) keys.restore(entry.key, entry.fingerprint ?? new Uint8Array(0), entry.arrivalMs, place)
      }
    }
    const commit = new GroupCommit({
      files,
      folder,
      segments: this.segments,
      segmentBytes: limits.segmentBytes,
      fsync: limits.fsync,
      now: () => clock.now(),
      onDurable: () => this.wake(),
    })
    this.writer = { commit, limits, keys }
  }

  /** The keys of requests in their window. Only while it is written. */
  get keys(): KeyWindow {
    return this.writing().keys
  }

  /**
   * Appends an entry; resolves when it is durable. Rejects with DISK_FULL where there is no room for it; an error that is not
   * retryable leaves it open whether it will be there after a restart. Throws EntryTooLargeError for one that has never room.
   */
  append(entry: JournalEntry): Promise<Place> {
    const bytes = encodeEntry(entry)
    const { commit, limits } = this.writing()
    // The last segment is never deleted, and may hold another one of that size.
    if (2 * bytes.length + SEGMENT_HEAD_BYTES > limits.keepBytes) throw new EntryTooLargeError(bytes.length)
    if (this.hasRoom(bytes.length)) return commit.append(bytes, entry.arrivalMs)
    return this.retire().then(() => {
      if (this.hasRoom(bytes.length)) return commit.append(bytes, entry.arrivalMs)
      throw this.full()
    })
  }

  /** Where the journal ends. What lies between the last entry and it, holds none. */
  get end(): Place {
    const last = this.segments.at(-1)
    return { segment: last?.number ?? 0, offset: last?.bytes ?? 0 }
  }

  /** Whether there are durable entries at a place or after it. A segment may have none: it is made before its first one is written. */
  hasEntriesFrom({ segment, offset }: Place): boolean {
    return this.segments.some(({ number, bytes }) => number >= segment && bytes > (number === segment ? Math.max(offset, SEGMENT_HEAD_BYTES) : SEGMENT_HEAD_BYTES))
  }

  /** Bytes of all segments. */
  get bytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.bytes, 0)
  }

  /** Reads the entries from a place on, up to what is durable when the last one is reached. */
  async *read(from: Place): AsyncGenerator<PlacedEntry> {
    for await (const entries of this.follow(from)) {
      if (entries.length === 0) return
      yield* entries
    }
  }

  /**
   * Reads the entries from a place on, some at a time, without an end: none at all tells that nothing more is durable,
   * and that the caller should wait for {@link appended} before it asks for more.
   */
  async *follow(from: Place): AsyncGenerator<readonly PlacedEntry[]> {
    const { files, folder } = this.options
    let at = from
    for (;;) {
      const segment = this.segments.find((candidate) => candidate.number >= at.segment)
      if (segment === undefined) {
        yield []
        continue
      }
      const { number } = segment
      const path = segmentPath(folder, number)
      let offset = number === at.segment ? Math.max(at.offset, SEGMENT_HEAD_BYTES) : SEGMENT_HEAD_BYTES
      const file = await files.open(path)
      try {
        for (;;) {
          while (offset < segment.bytes) {
            for await (const scanned of readEntries(file, path, offset, segment.bytes)) {
              yield scanned.map((one) => ({ place: { segment: number, offset: one.offset }, next: { segment: number, offset: one.next }, entry: one.entry }))
              offset = scanned[scanned.length - 1].next
            }
          }
          // Nothing more is written to a segment that another one follows.
          if (this.segments.some((candidate) => candidate.number > number)) break
          yield []
        }
      } finally {
        await file.close()
      }
      at = { segment: number + 1, offset: 0 }
    }
  }

  /** Resolves when something became durable after it was called, or the signal is aborted. */
  appended(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.listeners.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      if (signal.aborted) resolve()
      else {
        this.listeners.add(wake)
        signal.addEventListener('abort', wake, { once: true })
      }
    })
  }

  /** The reader of a pipeline; registered the first time, so that from then on nothing is deleted that it has not settled. */
  async openReader(name: string): Promise<JournalReader> {
    const { files, folder } = this.options
    const known = this.readers.find((reader) => reader.name === name)
    if (known !== undefined) return known
    const reader = await JournalReader.open(files, folder, name, [])
    this.readers.push(reader)
    return reader
  }

  /** Notes a durable checkpoint of a reader, and deletes what nobody needs any more. */
  checkpointed(reader: JournalReader, shard: ShardId, position: Position): void {
    if (!reader.noteCheckpoint(shard, position)) return
    this.retire().catch((error: unknown) => {
      this.options.log.warn('delivered segments of the journal could not be deleted; it is tried again', { folder: this.options.folder, cause: String(error) })
    })
  }

  /** Deletes the segments that every reader has settled. Resolves when that is done. */
  retire(): Promise<void> {
    const next = this.retiring.then(() => this.deleteSettled())
    this.retiring = next.catch(() => undefined) // whoever asked for it is told
    return next
  }

  /** Waits for what was appended, notes how far readers are, and closes. */
  async close(): Promise<void> {
    await this.writer?.commit.close()
    await this.retire()
  }

  private async deleteSettled(): Promise<void> {
    const { files, folder, clock } = this.options
    for (const reader of this.readers) if (reader.floor().segment !== reader.durableFloor.segment) await reader.save()
    const { writer } = this
    if (writer === undefined || this.readers.length === 0) return
    const settled = Math.min(...this.readers.flatMap((reader) => [reader.durableFloor.segment, reader.floor().segment]))
    while (this.segments.length > 1 && this.segments[0].number < settled) {
      const [oldest] = this.segments
      const now = clock.now()
      const due = oldest.lastArrivalMs + writer.limits.keepMs <= now
      if (!due && this.hasRoom(writer.limits.segmentBytes)) break
      await writer.keys.save(files, folder, oldest.number, now)
      await files.remove(segmentPath(folder, oldest.number))
      // Each by itself: after a crash the segments that are left must follow one another.
      await files.syncDirectory(folder)
      this.segments.shift()
    }
  }

  private hasRoom(bytes: number): boolean {
    const { commit, limits } = this.writing()
    const room = this.bytes + commit.pendingBytes + bytes <= limits.keepBytes
    if (room) this.wasFull = false
    return room
  }

  private full(): StandpipeError {
    const { limits } = this.writing()
    const { folder, log } = this.options
    const oldest = this.segments[0]?.number ?? 0
    const behind = this.readers.filter((reader) => reader.floor().segment <= oldest).map(({ name }) => name)
    if (!this.wasFull) log.error('the journal is full: requests are refused until more is delivered', { folder, waitsFor: behind })
    this.wasFull = true
    const forget = behind.map((name) => readerPath(folder, name)).join(', ')
    return new StandpipeError(
      `the journal ${folder} has its ${formatSize(limits.keepBytes)} (keep.size); what is not delivered to ${behind.join(', ')} is kept. A pipeline that is gone for good is forgotten by deleting ${forget}`,
      { code: 'DISK_FULL', component: 'journal', retryable: true },
    )
  }

  private writing(): NonNullable<Journal['writer']> {
    if (this.writer === undefined) throw new TypeError('the journal is not open for writing')
    return this.writer
  }

  private wake(): void {
    for (const listener of [...this.listeners]) listener()
  }
}

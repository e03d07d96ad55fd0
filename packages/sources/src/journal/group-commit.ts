import { fileErrorCode, StandpipeError } from '@standpipe/core'
import { sealEntry } from './entry.js'
import type { JournalFile, JournalFiles } from './journal-files.js'
import type { Place } from './place.js'
import { createSegment, SEGMENT_HEAD_BYTES, segmentPath } from './segment.js'

/** Entries written and synced at once hold at most about so many bytes. */
const GROUP_BYTES = 8 * 1024 * 1024

/** A segment that entries are appended to, or were. */
export interface Segment {
  readonly number: number
  /** Durable length: what lies beyond it may be lost, and is not read. */
  bytes: number
  /** Arrival time of its last entry. */
  lastArrivalMs: number
}

/** What the writing end of a journal needs. */
export interface GroupCommitOptions {
  readonly files: JournalFiles
  readonly folder: string
  /** All segments, oldest first; the writer adds to it. The last one is never written to again if it was there before. */
  readonly segments: Segment[]
  readonly segmentBytes: number
  readonly fsync: boolean
  /** Milliseconds since the epoch: the number of a new segment, unless that is taken. */
  now(): number
  /** Told after each group became durable. */
  onDurable(): void
}

interface Waiting {
  readonly bytes: Buffer
  readonly arrivalMs: number
  resolve(place: Place): void
  reject(error: unknown): void
}

/**
 * The writing end of a journal. Entries that come while the disk is at work are written together and made
 * durable by one sync. After a failure the file is cut back to what was durable, before anything is written again at the latest.
 */
export class GroupCommit {
  private waiting: Waiting[] = []
  private working: Promise<void> | undefined
  private active: { readonly segment: Segment; readonly file: JournalFile } | undefined
  /** The active segment may hold bytes that were refused. */
  private damaged = false
  /** Number of a segment whose making has failed, and that may be there: nothing may be written before it any more. */
  private begun: number | undefined
  private closed = false
  /** Bytes of entries that are not durable yet. */
  pendingBytes = 0

  constructor(private readonly options: GroupCommitOptions) {}

  /**
   * Appends an entry made by `encodeEntry`; resolves when it is durable. Where it rejects with a retryable error the entry
   * is not in the journal; with another one it is in doubt until the next append, or the next start.
   */
  append(bytes: Buffer, arrivalMs: number): Promise<Place> {
    if (this.closed) return Promise.reject(new StandpipeError('the journal is closed', { code: 'SOURCE_UNREADABLE', component: 'journal' }))
    this.pendingBytes += bytes.length
    const done = new Promise<Place>((resolve, reject) => this.waiting.push({ bytes, arrivalMs, resolve, reject }))
    this.working ??= this.work()
    return done
  }

  /** Number of the segment that is being written, which retention must leave alone. */
  get activeNumber(): number | undefined {
    return this.active?.segment.number
  }

  /** Waits for what was appended, then closes the file. */
  async close(): Promise<void> {
    this.closed = true
    await this.working
    await this.active?.file.close()
    this.active = undefined
  }

  private async work(): Promise<void> {
    // Requests that are handled in this turn of the event loop go into the first group too.
    await Promise.resolve()
    while (this.waiting.length > 0) {
      const group = this.takeGroup()
      try {
        const places = await this.commit(group)
        group.forEach((entry, i) => entry.resolve(places[i]))
        this.options.onDurable()
      } catch (error) {
        const failure = writeFailed(this.options.folder, error, await this.isCutBack())
        for (const entry of group) entry.reject(failure)
      } finally {
        for (const entry of group) this.pendingBytes -= entry.bytes.length
      }
    }
    this.working = undefined
  }

  private takeGroup(): Waiting[] {
    let bytes = 0
    let count = 0
    while (count < this.waiting.length && (count === 0 || bytes + this.waiting[count].bytes.length <= GROUP_BYTES)) {
      bytes += this.waiting[count++].bytes.length
    }
    return this.waiting.splice(0, count)
  }

  private async commit(group: readonly Waiting[]): Promise<Place[]> {
    const bytes = group.reduce((sum, entry) => sum + entry.bytes.length, 0)
    const { segment, file } = await this.fileFor(bytes)
    const places: Place[] = []
    let offset = segment.bytes
    for (const entry of group) {
      sealEntry(entry.bytes, segment.bytes)
      places.push({ segment: segment.number, offset })
      offset += entry.bytes.length
    }
    await file.writeAt(segment.bytes, group.map((entry) => entry.bytes))
    if (this.options.fsync) await file.sync()
    segment.bytes = offset
    segment.lastArrivalMs = Math.max(segment.lastArrivalMs, ...group.map((entry) => entry.arrivalMs))
    return places
  }

  /** After a failure: whether nothing of the group is in the journal any more, so that it was surely refused. */
  private async isCutBack(): Promise<boolean> {
    this.damaged = this.active !== undefined
    try {
      await this.cutBack()
      return true
    } catch {
      return false // it is tried again before anything is written
    }
  }

  /** A failed sync leaves it open what is on disk: the file is cut back, and trusted only when that is synced. */
  private async cutBack(): Promise<void> {
    if (!this.damaged || this.active === undefined) return
    await this.active.file.truncate(this.active.segment.bytes)
    await this.active.file.sync()
    this.damaged = false
  }

  private async fileFor(bytes: number): Promise<{ readonly segment: Segment; readonly file: JournalFile }> {
    await this.cutBack()
    const { segmentBytes } = this.options
    const { active } = this
    if (active !== undefined && this.begun === undefined && (active.segment.bytes + bytes <= segmentBytes || active.segment.bytes === SEGMENT_HEAD_BYTES)) return active
    const next = await this.begin()
    this.active = next
    await active?.file.close()
    return next
  }

  private async begin(): Promise<{ readonly segment: Segment; readonly file: JournalFile }> {
    const { files, folder, segments, segmentBytes, now, fsync } = this.options
    if (!fsync) await this.active?.file.sync()
    if ((await files.freeBytes(folder)) < 2 * segmentBytes) {
      throw Object.assign(new Error('there is no room for another segment'), { code: 'ENOSPC' })
    }
    const previous = segments.at(-1)
    const number = (this.begun ??= Math.max(now(), (previous?.number ?? 0) + 1))
    await createSegment(files, folder, { number, previousNumber: previous?.number ?? 0, previousBytes: previous?.bytes ?? 0 })
    const file = await files.open(segmentPath(folder, number))
    this.begun = undefined
    const segment: Segment = { number, bytes: SEGMENT_HEAD_BYTES, lastArrivalMs: 0 }
    segments.push(segment)
    return { segment, file }
  }
}

function writeFailed(folder: string, cause: unknown, isRefused: boolean): StandpipeError {
  const code = fileErrorCode(cause)
  const full = code === 'ENOSPC' || code === 'EDQUOT'
  const what = full ? `the disk of the journal ${folder} is full` : `the journal ${folder} cannot be written`
  return new StandpipeError(isRefused ? what : `${what}, and after a crash now it may hold what was to be written`, {
    code: full ? 'DISK_FULL' : 'SOURCE_UNREADABLE',
    component: 'journal',
    retryable: isRefused,
    cause,
  })
}

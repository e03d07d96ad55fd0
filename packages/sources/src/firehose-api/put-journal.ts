import type { Clock, Logger } from '@standpipe/core'
import { appendRecords } from '../http/append-records.js'
import { packRecords } from '../journal/pack-records.js'
import type { JournalReader } from '../journal/readers.js'
import { useJournal, type JournalUse } from '../journal/shared-journals.js'

/** Where a journal of put records is, and how much it holds. */
export interface PutJournalOptions {
  /** Its folder; the source `journal` reads it under the same path. */
  readonly folder: string
  readonly segmentBytes: number
  /** Beyond it nothing is accepted until more is delivered. */
  readonly keepBytes: number
  /** False leaves it to the operating system when bytes reach the disk: a power cut then loses what was acknowledged. */
  readonly fsync: boolean
  /** Name of the pipeline that reads it: nothing is deleted that it has not delivered. */
  readonly reader: string
  readonly clock: Clock
  readonly log: Logger
}

/**
 * A journal that records are put into beside the pipeline that reads it: by the source `journal`, in the same process. It takes
 * records while that pipeline stands still, too.
 */
export class PutJournal {
  private constructor(
    private readonly use: JournalUse,
    private readonly reader: JournalReader,
    private readonly clock: Clock,
  ) {}

  /** Opens it, or makes it, and claims it for this process. Throws SOURCE_UNREADABLE, SOURCE_DATA_CORRUPT or LEDGER_NEWER. */
  static async open({ folder, segmentBytes, keepBytes, fsync, reader, clock, log }: PutJournalOptions): Promise<PutJournal> {
    const use = await useJournal(folder, clock, log)
    try {
      const opened = await use.journal.openReader(reader)
      await use.journal.startWriting({ segmentBytes, keepBytes, keepMs: 0, fsync, keys: { windowMs: 0, maxKeys: 1 } })
      return new PutJournal(use, opened, clock)
    } catch (error) {
      await use.release()
      throw error
    }
  }

  /** Whether the pipeline has taken all that is durable; it may not have delivered it yet. */
  get isRead(): boolean {
    return !this.use.journal.hasEntriesFrom(this.reader.passed)
  }

  /** Appends the records of one call, all of them or none; resolves when they are durable. Rejects with a RefusedError where none is kept. */
  async append(records: readonly Uint8Array[]): Promise<void> {
    const packed = packRecords(records.map((payload) => ({ lane: 0, payload })))
    await appendRecords({ stream: '', records: packed }, undefined, { journal: this.use.journal, clock: this.clock })
  }

  /** Waits for what was appended, and gives the journal back. */
  close(): Promise<void> {
    return this.use.release()
  }
}

import type { BindContext, Position, Runtime, ShardId, Source, SourceEvent, SourceRuntime } from '@standpipe/core'
import { journalFolder, type JournalConfig } from './journal-config.js'
import type { Journal } from './journal.js'
import type { KeyWindowOptions } from './key-window.js'
import { comparePositions } from './place.js'
import { readJournal } from './read-journal.js'
import type { JournalReader } from './readers.js'
import { Settlement } from './settlement.js'
import { useJournal, type JournalUse } from './shared-journals.js'

/** What takes records into the journal while the source is read. */
export interface Intake {
  /** Takes no more; resolves when what was being taken is in the journal or was refused. */
  stop(): Promise<void>
  /** Ends, at once with `cut`; else after those that wait for delivery were answered. */
  close(cut: boolean): Promise<void>
}

/** What an intake is opened with. */
export interface IntakeParts {
  readonly runtime: SourceRuntime
  readonly journal: Journal
  /** Tells when records are delivered, where requests wait for that. */
  readonly settlement: Settlement | undefined
  /** Aborted when nothing will tell of delivery any more. */
  readonly ended: AbortSignal
}

/** A source whose records are pushed by others: what differs between such sources. */
export interface JournalledParts {
  readonly context: BindContext
  readonly journal: JournalConfig
  readonly keys: KeyWindowOptions
  readonly format: Source['format']
  /** Of the record streams that have one of their own, by name. */
  readonly formats?: Source['formats']
  /** How long requests wait until their records are delivered; undefined where they do not. */
  readonly settleWithinMs: number | undefined
  /** What those who still wait are told when the pipeline has stopped. */
  stopped(): Error
  openIntake(parts: IntakeParts): Promise<Intake>
}

/** Makes pushed records replayable: an intake keeps them in a journal on local disk, and the pipeline reads that. */
export class JournalledSource implements Source {
  readonly traits = { replayable: true, ordered: true, bounded: false, stableArrival: true }
  readonly comparePositions = comparePositions
  private open: { readonly use: JournalUse; readonly reader: JournalReader } | undefined
  private intake: Intake | undefined
  private ended = new AbortController()

  constructor(private readonly parts: JournalledParts) {}

  get format(): Source['format'] {
    return this.parts.format
  }

  get formats(): Source['formats'] {
    return this.parts.formats
  }

  get settleWithinMs(): number | undefined {
    return this.parts.settleWithinMs
  }

  async claim(runtime: Runtime): Promise<void> {
    this.open ??= await this.openJournal(runtime)
  }

  async *read(runtime: SourceRuntime): AsyncGenerator<SourceEvent> {
    if (runtime.stopping.aborted || runtime.signal.aborted) return
    const { use, reader } = (this.open ??= await this.openJournal(runtime))
    const settlement = this.settleWithinMs !== undefined ? new Settlement() : undefined
    this.ended = new AbortController()
    const { ended } = this
    const end = (): void => ended.abort(this.parts.stopped())
    runtime.signal.addEventListener('abort', end, { once: true })
    const intake = await this.parts.openIntake({ runtime, journal: use.journal, settlement, ended: ended.signal })
    this.intake = intake
    try {
      yield* readJournal({ journal: use.journal, reader, runtime, settlement, formats: this.formats, stopAppending: () => intake.stop() })
    } finally {
      // Requests that wait for delivery are answered while the rest is delivered, until `close`.
      if (runtime.signal.aborted) await intake.close(true)
      else await intake.stop()
    }
  }

  checkpointed(shard: ShardId, position: Position): void {
    this.open?.use.journal.checkpointed(this.open.reader, shard, position)
  }

  async close(): Promise<void> {
    const { intake, open } = this
    this.intake = undefined
    this.open = undefined
    this.ended.abort(this.parts.stopped())
    await intake?.close(false)
    await open?.use.release()
  }

  private async openJournal(runtime: Runtime): Promise<{ readonly use: JournalUse; readonly reader: JournalReader }> {
    const { journal: options, keys, context } = this.parts
    const use = await useJournal(journalFolder(options.path, context), runtime.clock, runtime.log)
    try {
      const reader = await use.journal.openReader(runtime.pipeline)
      await use.journal.startWriting({ segmentBytes: options.segment, keepBytes: options.keep.size, keepMs: options.keep.time, fsync: options.fsync, keys })
      return { use, reader }
    } catch (error) {
      await use.release()
      throw error
    }
  }
}

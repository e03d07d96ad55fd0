import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Subject, type Observable } from 'rxjs'
import type { LedgerStore, Logger, Runtime, ShardedLedger } from '../component/index.js'
import { StandpipeError, systemClock, type Clock } from '../model/index.js'
import { Attempt } from './attempt.js'
import { Counts } from './counts.js'
import { EventLog } from './event-log.js'
import type { EmitEvent, EngineEvent } from './events.js'
import { ledgerOf } from './ledger/plan-ledger.js'
import type { Plan } from './plan.js'
import { RewindError } from './publisher.js'

/** What is stopped gets so long to end, before it is left behind. */
const LEAVING_MS = 5_000

/** What a run may be given; everything has a default. */
export interface RunOptions {
  /** Aborted to stop at once, as a crash would: what is staged is finished by the next run. For a clean end use {@link PipelineRun.drain}. */
  readonly signal?: AbortSignal
  readonly log?: Logger
  readonly clock?: Clock
  /** Where the ledger is kept; by default files under the plan's state directory. One by shards is shared with other workers. */
  readonly ledger?: LedgerStore | ShardedLedger
  /**
   * Reads only as far as an earlier run published beyond the checkpoint, then drains: after it nothing is staged, nothing
   * published will be read again, and operators keep no state (all windows are closed), so that the configuration may change.
   */
  readonly catchUp?: boolean
}

/** How a run is doing right now. */
export interface RunStatus {
  readonly state: 'running' | 'draining' | 'stopped'
  readonly memoryBytes: number
  readonly peakMemoryBytes: number
  readonly openObjects: number
  /** Batches that are read and not settled. */
  readonly heldBatches: number
  readonly scratchBytes: number
}

/** A pipeline that runs. */
export interface PipelineRun {
  readonly plan: Plan
  /** What it did so far; changes while it runs. */
  readonly counts: Counts
  /** Everything the engine tells of itself; completes when the run has ended. */
  readonly events: Observable<EngineEvent>
  status(): RunStatus
  /** Stops reading, delivers what is in flight, and ends the run. */
  drain(): void
  /** Resolves when everything read is settled; rejects with a StandpipeError when the run cannot go on. */
  readonly done: Promise<void>
}

/** Runs a planned pipeline: recovers what an earlier run left, reads, delivers, and settles. */
export function runPipeline(plan: Plan, options: RunOptions = {}): PipelineRun {
  return new Run(plan, options)
}

class Run implements PipelineRun {
  readonly counts: Counts
  readonly events: Subject<EngineEvent> = new Subject()
  readonly done: Promise<void>
  private readonly stopping = new AbortController()
  private attempt: Attempt | undefined
  private ended = false
  private readonly clock: Clock
  private readonly log: Logger
  private readonly emit: EmitEvent

  constructor(
    readonly plan: Plan,
    private readonly options: RunOptions,
  ) {
    this.clock = options.clock ?? systemClock
    this.log = options.log ?? SILENT
    this.counts = new Counts(plan.sinks.map((sink) => sink.name))
    const eventLog = new EventLog(this.log, plan.name, this.clock)
    this.emit = (event) => {
      this.counts.observe(event)
      this.events.next(event)
      eventLog.write(event)
    }
    // Listeners subscribe before the first event.
    this.done = Promise.resolve().then(() => this.run())
  }

  status(): RunStatus {
    const { attempt } = this
    return {
      state: this.ended ? 'stopped' : this.stopping.signal.aborted ? 'draining' : 'running',
      memoryBytes: attempt?.memory.usedBytes ?? 0,
      peakMemoryBytes: attempt?.memory.peakBytes ?? 0,
      openObjects: attempt?.openObjects ?? 0,
      heldBatches: attempt?.progress.heldBatches ?? 0,
      scratchBytes: attempt?.scratch.usedBytes ?? 0,
    }
  }

  drain(): void {
    if (this.stopping.signal.aborted || this.ended) return
    this.emit({ type: 'PipelineDraining' })
    this.stopping.abort(new Error('draining'))
  }

  private async run(): Promise<void> {
    let reason: 'ended' | 'drained' | 'failed' = 'failed'
    try {
      await mkdir(this.plan.stateDirectory, { recursive: true }).catch((error: unknown) => {
        throw new StandpipeError(`the state directory ${this.plan.stateDirectory} cannot be made`, { code: 'SINK_ACCESS_DENIED', component: 'state', cause: error })
      })
      await this.attemptUntilDone()
      reason = this.stopping.signal.aborted ? 'drained' : 'ended'
    } finally {
      this.ended = true
      this.emit({ type: 'PipelineStopped', reason })
      this.events.complete()
    }
  }

  /** The source is claimed and closed once, and so is a ledger of our own; one that was given stays open. */
  private async attemptUntilDone(): Promise<void> {
    const { plan, options, clock, log } = this
    const { source } = plan.source
    const ledger = options.ledger ?? ledgerOf(plan)
    try {
      await source.claim?.({ pipeline: plan.name, clock, log, signal: options.signal ?? new AbortController().signal })
      while (!(await this.tryOnce(ledger)));
    } finally {
      const closed = await Promise.allSettled([source.close?.(), options.ledger === undefined ? ledger.close() : undefined])
      for (const result of closed) if (result.status === 'rejected') log.warn('what the run used could not be closed', { pipeline: plan.name, error: String(result.reason) })
    }
  }

  /** Resolves to false where the attempt has to be made again from the checkpoint. */
  private async tryOnce(ledger: LedgerStore | ShardedLedger): Promise<boolean> {
    const abort = new AbortController()
    const outer = this.options.signal
    const stop = (): void => abort.abort(outer?.reason)
    if (outer?.aborted === true) stop()
    outer?.addEventListener('abort', stop, { once: true })
    const { over, finished } = this.limitDrain(abort)
    const runtime: Runtime = { pipeline: this.plan.name, clock: this.clock, log: this.log, signal: abort.signal }
    const { plan, counts, emit, stopping } = this
    this.attempt = new Attempt({
      plan,
      runtime,
      counts,
      emit,
      abort,
      stopping: stopping.signal,
      ...(this.options.catchUp === true ? { caughtUp: () => this.drain() } : {}),
      ledger,
      scratchPath: join(plan.stateDirectory, 'scratch'),
    })
    try {
      await Promise.race([this.attempt.run(), over])
      return true
    } catch (error) {
      if (!(error instanceof RewindError)) throw error
      counts.abandonInFlight()
      emit({ type: 'PipelineRewound', reason: error.message })
      return false
    } finally {
      outer?.removeEventListener('abort', stop)
      finished()
    }
  }

  /**
   * Once draining, ends the attempt when `limits.drain` has passed. Calls that heed no signal may hang on: `over` rejects
   * a moment later, and they are left behind.
   */
  private limitDrain(abort: AbortController): { readonly over: Promise<never>; finished(): void } {
    const ended = new AbortController()
    const { drainMs } = this.plan.limits
    const { signal } = this.stopping
    let start = (): void => undefined
    const over = new Promise<never>((_, reject) => {
      const limit = async (): Promise<void> => {
        await this.clock.sleep(drainMs, ended.signal)
        const error = new StandpipeError(`the drain took longer than ${drainMs} ms (limits.drain); what is not settled is read again`, { code: 'TIMEOUT' })
        abort.abort(error)
        await this.clock.sleep(LEAVING_MS, ended.signal)
        reject(error)
      }
      start = () => void limit().catch(() => undefined) // it ended in time
    })
    if (signal.aborted) start()
    else signal.addEventListener('abort', start, { once: true })
    return {
      over,
      finished() {
        signal.removeEventListener('abort', start)
        ended.abort(new Error('ended'))
      },
    }
  }
}

/** Logs nothing. */
export const SILENT: Logger = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined }

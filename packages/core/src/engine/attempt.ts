import type { Subject } from 'rxjs'
import type { LedgerStore, ObjectStore, Runtime } from '../component/index.js'
import { StandpipeError, type Batch } from '../model/index.js'
import { AlignedCommits } from './aligned/aligned-commits.js'
import { StateStore } from './aligned/state-store.js'
import type { Counts } from './counts.js'
import type { EmitEvent } from './events.js'
import type { LedgerSession } from './ledger/session.js'
import type { RetryContext } from './links/retry.js'
import { MemoryBudget } from './memory-budget.js'
import { PipelineStream } from './pipeline-stream.js'
import type { Plan, RetryPolicy } from './plan.js'
import { Progress } from './progress.js'
import { pullBatches } from './pull.js'
import { adoptConfiguration, checkConfiguration, discardLoose, type LooseObject, type RecoveryParts } from './recovery.js'
import { Replay } from './replay.js'
import { ScratchFile } from './scratch-file.js'
import { statefulOperators } from './stateful.js'
import { sharedThreads } from './threads/worker-threads.js'
import { finishStaged, openLedger, openStores, restoreStates, retryOfLedger, type TakeOverParts } from './take-over.js'

/** What an attempt gets from the run it belongs to. */
export interface AttemptParts {
  readonly plan: Plan
  readonly runtime: Runtime
  readonly counts: Counts
  readonly ledger: LedgerStore
  readonly scratchPath: string
  readonly emit: EmitEvent
  /** Aborted to stop at once. */
  readonly abort: AbortController
  /** Aborted to stop reading and deliver what is in flight. */
  readonly stopping: AbortSignal
  /** Given where reading is to end with what an earlier run published: called then, and has `stopping` aborted. */
  readonly caughtUp?: () => void
}

/** What recovery leaves to go on from. */
interface Recovered {
  readonly session: LedgerSession
  readonly resumed: boolean
  readonly recovery: RecoveryParts
  readonly loose: readonly LooseObject[]
}

/** One pass from recovery to the end of reading. A vanished upload ends it with a RewindError, and the run starts another. */
export class Attempt {
  readonly memory: MemoryBudget
  readonly progress: Progress
  readonly scratch: ScratchFile
  /** Present where operators keep state. */
  private readonly aligned: AlignedCommits | undefined
  private readonly stores = new Map<string, ObjectStore>()
  private readonly stream: PipelineStream
  private readonly takeOver: TakeOverParts
  private session: LedgerSession | undefined
  private failure: { readonly error: unknown } | undefined
  private stopTimer: (() => void) | undefined
  private reading = false

  constructor(private readonly parts: AttemptParts) {
    const { plan, runtime, counts, emit, ledger } = parts
    this.memory = new MemoryBudget(plan.limits.memoryBytes)
    this.aligned = statefulOperators(plan).length > 0 ? new AlignedCommits(this.memory) : undefined
    this.progress = this.aligned?.progress ?? new Progress()
    this.scratch = new ScratchFile(parts.scratchPath, plan.limits.scratchBytes, runtime)
    const retryOf = (component: string, policy: RetryPolicy): RetryContext => this.retryOf(component, policy)
    const { source } = plan.source
    this.takeOver = {
      plan,
      runtime,
      ledger,
      emit,
      retryOf,
      checkpointed: (shard, position) => (this.aligned === undefined ? source.checkpointed?.(shard, position) : this.aligned.checkpointed(shard, position)),
    }
    const threads = sharedThreads(plan.limits.workers ?? 0)
    const { memory, scratch, stores, aligned } = this
    this.stream = new PipelineStream({ plan, runtime, counts, emit, memory, scratch, threads, stores, aligned, retryOf, failed: (error) => this.fail(error) })
  }

  /** Objects being written, over all sinks. */
  get openObjects(): number {
    return this.stream.openObjects
  }

  /** Resolves when everything read is settled. Rejects with the first failure; then nothing more is delivered. */
  async run(): Promise<void> {
    try {
      const session = await this.recover()
      await this.stream.open(session)
      const { input, ended } = this.stream.connect()
      this.aligned?.operators.check()
      // An operator that refuses its state has failed the run by now.
      this.parts.abort.signal.throwIfAborted()
      await adoptConfiguration({ ledger: session, fingerprint: this.parts.plan.fingerprint })
      this.startAligned(session)
      this.stopTimer = this.parts.runtime.clock.every(this.parts.plan.limits.checkpointMs, () => {
        if (session.behind) session.commit(() => undefined).catch((error: unknown) => this.fail(error))
      })
      this.reading = true
      await this.read(session, input)
      if (this.aligned !== undefined) {
        this.aligned.operators.sourceEnded = !this.parts.stopping.aborted
        this.aligned.operators.superseded = this.parts.caughtUp !== undefined
      }
      input.complete()
      await this.unlessFailed(() => ended)
      await this.unlessFailed(() => this.deliverRest(session))
    } catch (error) {
      // Asked to stop while nothing was read yet: there is nothing to deliver.
      if (this.reading || error !== this.parts.stopping.reason) this.fail(error)
    } finally {
      this.stopTimer?.()
      await this.close()
    }
    if (this.failure !== undefined) throw this.failure.error
  }

  /** Finishes what is staged, and ends without reading. The configuration that staged it need not be this one. */
  async runRecovery(): Promise<void> {
    try {
      await this.recoverStores()
    } catch (error) {
      this.fail(error)
    } finally {
      await this.close()
    }
    if (this.failure !== undefined) throw this.failure.error
  }

  private async recover(): Promise<LedgerSession> {
    const { plan, runtime } = this.parts
    await plan.source.source.claim?.(runtime)
    const { session, resumed, recovery, loose } = await this.recoverStores()
    await restoreStates(this.takeOver, session, this.aligned?.operators)
    checkConfiguration(recovery)
    await discardLoose(recovery, loose)
    session.follow(this.progress)
    this.parts.emit({ type: 'PipelineStarted', epoch: session.document.epoch, resumed })
    return session
  }

  /** Opens the stores, takes the ledger over, and finishes what is staged. */
  private async recoverStores(): Promise<Recovered> {
    const loose = await openStores(this.takeOver, this.stores, this.parts.stopping)
    const { session, resumed } = await openLedger(this.takeOver)
    this.session = session
    return { session, resumed, recovery: await finishStaged(this.takeOver, session, this.stores), loose }
  }

  private startAligned(session: LedgerSession): void {
    const { plan, runtime, emit, ledger } = this.parts
    const retry = retryOfLedger(this.takeOver.retryOf)
    this.aligned?.start({
      plan,
      runtime,
      emit,
      ledger: session,
      states: new StateStore(ledger, retry),
      sinks: this.stream.objectSinks,
      retry,
      store: (sink) => this.storeOf(sink),
      letGo: () => this.stream.letGo(),
      flushRejections: () => this.stream.flushRejections(),
      checkpointed: (shard, position) => plan.source.source.checkpointed?.(shard, position),
      failed: (error) => this.fail(error),
    })
  }

  private async read(session: LedgerSession, input: Subject<Batch>): Promise<void> {
    const { plan, runtime, counts, emit, stopping, caughtUp } = this.parts
    const replay = caughtUp === undefined ? undefined : new Replay(session.replayed, (a, b) => plan.source.source.comparePositions(a, b), caughtUp)
    // A source may give a batch before it looks whether it should stop.
    if (replay?.isOver === true) return
    await pullBatches({
      plan,
      runtime,
      counts,
      emit,
      stopping,
      memory: this.memory,
      progress: this.progress,
      shards: session.document.shards,
      rejections: this.stream.lane('decode', 'format-conversion-failed'),
      next: (batch) => {
        // A batch that is settled may give its records up.
        const last = batch.records.position(batch.records.count - 1)
        input.next(this.aligned?.enter(batch) ?? batch)
        replay?.read(batch.shard, last)
      },
      ...(this.aligned === undefined ? {} : { gate: () => this.aligned?.inFlight.gate() ?? Promise.resolve() }),
    })
  }

  private async deliverRest(session: LedgerSession): Promise<void> {
    if (this.aligned !== undefined) return this.aligned.finish()
    await this.stream.drain()
    if (this.failure === undefined && this.progress.heldBatches > 0) {
      throw new StandpipeError(`${this.progress.heldBatches} batch(es) were neither emitted nor settled by an operator`, { code: 'BATCH_NOT_SETTLED' })
    }
    await session.commit(() => undefined)
  }

  private storeOf(sink: string): ObjectStore {
    const store = this.stores.get(sink)
    if (store === undefined) throw new RangeError(`no store for sink \`${sink}\``)
    return store
  }

  private retryOf(component: string, policy: RetryPolicy): RetryContext {
    const { runtime, emit } = this.parts
    return {
      policy,
      clock: runtime.clock,
      signal: runtime.signal,
      onRetry: (error, attempt, delayMs) => emit({ type: 'RetryScheduled', component, attempt, delayMs, code: error.code, message: error.message }),
    }
  }

  private fail(error: unknown): void {
    this.failure ??= { error }
    this.parts.abort.abort(error)
  }

  /** Waits for `work`, but no longer than until the first failure. */
  private async unlessFailed(work: () => Promise<unknown>): Promise<void> {
    const { signal } = this.parts.abort
    signal.throwIfAborted()
    let stop = (): void => undefined
    const failed = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason as Error)
      signal.addEventListener('abort', stop, { once: true })
    })
    try {
      await Promise.race([work(), failed])
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  private async close(): Promise<void> {
    // Each of these has to end, whatever becomes of the others; the first failure is told.
    const steps: readonly (() => unknown)[] = [
      () => this.aligned?.close(),
      async () => {
        for (const error of await this.stream.close()) throw error
      },
      () => this.scratch.close(),
      () => this.parts.plan.source.source.close?.(),
      () => this.session?.close(),
    ]
    for (const step of steps) {
      try {
        await step()
      } catch (error) {
        this.failure ??= { error }
      }
    }
  }
}

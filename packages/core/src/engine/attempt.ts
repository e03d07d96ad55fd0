import type { Subject } from 'rxjs'
import type { LedgerStore, ObjectStore, Runtime, ShardedLedger } from '../component/index.js'
import { StandpipeError, type Batch } from '../model/index.js'
import { AlignedCommits } from './aligned/aligned-commits.js'
import type { Counts } from './counts.js'
import type { EmitEvent } from './events.js'
import { LeasedLedger } from './leases/leased-ledger.js'
import type { HeldLedger } from './ledger/held-ledger.js'
import type { RetryContext } from './links/retry.js'
import { MemoryBudget } from './memory-budget.js'
import { PipelineStream } from './pipeline-stream.js'
import type { Plan, RetryPolicy } from './plan.js'
import { Progress } from './progress.js'
import { pullBatches } from './pull.js'
import type { LooseObject } from './recovery.js'
import { ScratchFile } from './scratch-file.js'
import { statefulOperators } from './stateful.js'
import { sharedThreads } from './threads/worker-threads.js'
import { openStores, type TakeOverParts } from './take-over.js'
import { WholeLedger, type WholeLedgerParts } from './whole-ledger.js'

/** What an attempt gets from the run it belongs to. */
export interface AttemptParts {
  readonly plan: Plan
  readonly runtime: Runtime
  readonly counts: Counts
  readonly ledger: LedgerStore | ShardedLedger
  readonly scratchPath: string
  readonly emit: EmitEvent
  /** Aborted to stop at once. */
  readonly abort: AbortController
  /** Aborted to stop reading and deliver what is in flight. */
  readonly stopping: AbortSignal
  /** Given where reading is to end with what an earlier run published: called then, and has `stopping` aborted. */
  readonly caughtUp?: () => void
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
  private readonly takeOver: Omit<TakeOverParts, 'ledger'>
  private ledger: HeldLedger | undefined
  private failure: { readonly error: unknown } | undefined
  private stopTimer: (() => void) | undefined
  private reading = false

  constructor(private readonly parts: AttemptParts) {
    const { plan, runtime, counts, emit } = parts
    this.memory = new MemoryBudget(plan.limits.memoryBytes)
    this.aligned = statefulOperators(plan).length > 0 ? new AlignedCommits(this.memory) : undefined
    this.progress = this.aligned?.progress ?? new Progress()
    this.scratch = new ScratchFile(parts.scratchPath, plan.limits.scratchBytes, runtime)
    const retryOf = (component: string, policy: RetryPolicy): RetryContext => this.retryOf(component, policy)
    const { source } = plan.source
    this.takeOver = {
      plan,
      runtime,
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
    const { plan, runtime, stopping } = this.parts
    try {
      const ledger = await this.hold()
      await this.stream.open(ledger.shares)
      const { input, ended } = this.stream.connect()
      await ledger.begin()
      this.stopTimer = runtime.clock.every(plan.limits.checkpointMs, () => ledger.commitBehind())
      this.reading = true
      if (!ledger.isOver) await this.read(ledger, input)
      ledger.readingOver()
      input.complete()
      await this.unlessFailed(() => ended)
      await this.unlessFailed(() => ledger.finish())
    } catch (error) {
      // Asked to stop while nothing was read yet: there is nothing to deliver.
      if (this.reading || error !== stopping.reason) this.fail(error)
    } finally {
      this.stopTimer?.()
      if (this.failure !== undefined && this.ledger !== undefined) this.failure = { error: await this.ledger.explain(this.failure.error) }
      await this.close()
    }
    if (this.failure !== undefined) throw this.failure.error
  }

  /** Finishes what is staged, and ends without reading. The configuration that staged it need not be this one. */
  async runRecovery(): Promise<void> {
    try {
      await WholeLedger.recover(await this.wholeParts(requireWhole(this.parts.ledger)), (ledger) => (this.ledger = ledger))
    } catch (error) {
      this.fail(error)
    } finally {
      await this.close()
    }
    if (this.failure !== undefined) throw this.failure.error
  }

  /** Opens the stores, and takes the ledger over: as a whole, with what is staged, or shard by shard as leases come. */
  private async hold(): Promise<HeldLedger> {
    const { ledger } = this.parts
    if (!isSharded(ledger)) return WholeLedger.take(await this.wholeParts(ledger), (whole) => (this.ledger = whole))
    this.requireLeasable()
    const { stream, progress, stores } = this
    const { stopping } = this.parts
    this.ledger = new LeasedLedger({ ...this.takeOver, ledger, stores, loose: await this.openStores(), stream, progress, stopping, failed: (error) => this.fail(error) })
    return this.ledger
  }

  private async wholeParts(ledger: LedgerStore): Promise<WholeLedgerParts> {
    const { stream, progress, aligned, stores } = this
    const { caughtUp, stopping } = this.parts
    return { ...this.takeOver, ledger, stores, loose: await this.openStores(), stream, progress, aligned, caughtUp, stopping, failed: (error) => this.fail(error) }
  }

  private openStores(): Promise<LooseObject[]> {
    return openStores(this.takeOver, this.stores, this.parts.stopping)
  }

  private requireLeasable(): void {
    const { plan, caughtUp } = this.parts
    const refuse = (why: string): never => {
      throw new StandpipeError(`\`${plan.name}\` cannot share its shards among workers: ${why}`, { code: 'CONFIG_INVALID', component: 'ledger' })
    }
    if (this.aligned !== undefined) refuse('an operator keeps state over all shards')
    if (plan.source.source.listShards === undefined) refuse(`the source \`${plan.source.component}\` has no shards that can be read one by one`)
    if (caughtUp !== undefined) refuse('a stored configuration is finished by one process')
  }

  private async read(ledger: HeldLedger, input: Subject<Batch>): Promise<void> {
    const { plan, runtime, counts, emit, stopping } = this.parts
    await pullBatches({
      plan,
      runtime,
      counts,
      emit,
      stopping,
      ledger,
      memory: this.memory,
      progress: this.progress,
      rejections: this.stream.lane('decode', 'format-conversion-failed'),
      next: (batch) => {
        // A batch that is settled may give its records up.
        const last = batch.records.position(batch.records.count - 1)
        input.next(this.aligned?.enter(batch) ?? batch)
        ledger.read(batch.shard, last)
      },
      ...(this.aligned === undefined ? {} : { gate: () => this.aligned?.inFlight.gate() ?? Promise.resolve() }),
    })
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
      () => this.ledger?.close(),
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

function isSharded(ledger: LedgerStore | ShardedLedger): ledger is ShardedLedger {
  return 'kind' in ledger
}

function requireWhole(ledger: LedgerStore | ShardedLedger): LedgerStore {
  if (!isSharded(ledger)) return ledger
  throw new StandpipeError('what is staged of a shard is finished by the worker that takes the shard up', { code: 'CONFIG_INVALID', component: 'ledger' })
}

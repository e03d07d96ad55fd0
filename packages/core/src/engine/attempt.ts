import { concatMap, Subject } from 'rxjs'
import type { LedgerStore, ObjectStore, Runtime } from '../component/index.js'
import { StandpipeError, type Batch } from '../model/index.js'
import { AlignedCommits, needsAlignedCommits } from './aligned/aligned-commits.js'
import { recoverSet } from './aligned/recover-set.js'
import { StateStore } from './aligned/state-store.js'
import type { Counts } from './counts.js'
import { DEAD_LETTER_SINK, type ErrorOutputType } from './dead-letter.js'
import type { EmitEvent } from './events.js'
import { LedgerSession } from './ledger/session.js'
import { withRetry, type RetryContext } from './links/retry.js'
import { MemoryBudget } from './memory-budget.js'
import { createAttemptNames } from './object-names.js'
import { ObjectSinkRunner, type ObjectSinkParts } from './object-sink-runner.js'
import { chainOperators, type ChainParts } from './operator-chain.js'
import type { Plan, PlannedObjectSink, PlannedSink, RetryPolicy } from './plan.js'
import { Progress } from './progress.js'
import { pullBatches } from './pull.js'
import { RecordSinkRunner } from './record-sink-runner.js'
import { checkConfiguration, discardLoose, listLooseObjects, recoverStaged, type LooseObject, type RecoveryParts } from './recovery.js'
import { Rejections, type RejectRows } from './rejections.js'
import { Replay } from './replay.js'
import { ScratchFile } from './scratch-file.js'

/** Retries of the ledger and of recovery: for ever, since nothing can go on without them. */
const LEDGER_RETRY: RetryPolicy = { initialMs: 100, maximumMs: 10_000, timeoutMs: 60_000 }

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
  readonly states: StateStore
}

type SinkRunner = ObjectSinkRunner | RecordSinkRunner

/** One pass from recovery to the end of reading. A vanished upload ends it with a RewindError, and the run starts another. */
export class Attempt {
  readonly memory: MemoryBudget
  readonly progress: Progress
  readonly scratch: ScratchFile
  /** Present where operators keep state. */
  private readonly aligned: AlignedCommits | undefined
  private readonly stores = new Map<string, ObjectStore>()
  private readonly sinks: SinkRunner[] = []
  private readonly lanes: Rejections[] = []
  private deadLetters: ObjectSinkRunner | undefined
  private session: LedgerSession | undefined
  private failure: { readonly error: unknown } | undefined
  private stopTimer: (() => void) | undefined
  private reading = false

  constructor(private readonly parts: AttemptParts) {
    const { limits } = parts.plan
    this.aligned = needsAlignedCommits(parts.plan) ? new AlignedCommits() : undefined
    this.progress = this.aligned?.progress ?? new Progress()
    this.memory = new MemoryBudget(limits.memoryBytes)
    this.scratch = new ScratchFile(parts.scratchPath, limits.scratchBytes)
  }

  /** Objects being written, over all sinks. */
  get openObjects(): number {
    const of = (runner: SinkRunner | undefined): number => (runner instanceof ObjectSinkRunner ? runner.openObjects : 0)
    return this.sinks.reduce((sum, sink) => sum + of(sink), of(this.deadLetters))
  }

  /** Resolves when everything read is settled. Rejects with the first failure; then nothing more is delivered. */
  async run(): Promise<void> {
    try {
      const session = await this.recover()
      await this.openSinks(session)
      const { input, ended } = this.connect()
      this.startAligned(session)
      this.stopTimer = this.parts.runtime.clock.every(this.parts.plan.limits.checkpointMs, () => {
        if (session.behind) session.commit(() => undefined).catch((error: unknown) => this.fail(error))
      })
      this.reading = true
      await this.read(session, input)
      if (this.aligned !== undefined) this.aligned.operators.sourceEnded = !this.parts.stopping.aborted
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
    const { session, resumed, recovery, loose, states } = await this.recoverStores()
    await states.collect(session.document)
    await this.restoreStates(session, states)
    await checkConfiguration(recovery)
    await discardLoose(recovery, loose)
    session.follow(this.progress)
    this.parts.emit({ type: 'PipelineStarted', epoch: session.document.epoch, resumed })
    return session
  }

  /** Opens the stores, takes the ledger over, and finishes what is staged. */
  private async recoverStores(): Promise<Recovered> {
    const { plan, runtime, emit, ledger, stopping } = this.parts
    const loose: LooseObject[] = []
    for (const planned of objectSinksOf(plan)) {
      const store = planned.sink.createStore(runtime)
      this.stores.set(planned.name, store)
      const retry = { ...this.retryOf(planned.name, planned.retry), signal: AbortSignal.any([runtime.signal, stopping]) }
      const warnings = await withRetry(retry, () => store.open(runtime.signal))
      for (const warning of warnings) runtime.log.warn(warning, { sink: planned.name })
      loose.push(...(await withRetry(retry, () => listLooseObjects(store))))
    }
    const retry = this.retryOf('ledger', LEDGER_RETRY)
    const { source } = plan.source
    const { session, resumed } = await LedgerSession.open({
      store: ledger,
      pipeline: plan.name,
      fingerprint: plan.fingerprint,
      configuration: plan.configuration,
      retry,
      emit,
      comparePositions: (a, b) => source.comparePositions(a, b),
      checkpointed: (shard, position) => (this.aligned === undefined ? source.checkpointed?.(shard, position) : this.aligned.checkpointed(shard, position)),
    })
    this.session = session
    const recovery: RecoveryParts = {
      stores: this.stores,
      ledger: session,
      fingerprint: plan.fingerprint,
      emit,
      now: () => runtime.clock.now(),
      retry: <T>(call: () => Promise<T>) => withRetry(retry, call),
    }
    const states = new StateStore(ledger, recovery.retry)
    if (session.document.aligned?.previous === undefined) await recoverStaged(recovery)
    else await recoverSet(recovery)
    return { session, resumed, recovery, loose, states }
  }

  /** Gives the operators the state they go on from; a pipeline that keeps none refuses one that is there. */
  private async restoreStates(session: LedgerSession, states: StateStore): Promise<void> {
    const state = session.document.aligned?.state
    if (this.aligned !== undefined) this.aligned.operators.restore(await states.load(state))
    else if (state !== undefined) {
      throw new StandpipeError('the ledger holds the state of operators that the pipeline no longer has; finish with the former configuration, or reset the pipeline', {
        code: 'CONFIG_CHANGED',
      })
    }
  }

  private startAligned(session: LedgerSession): void {
    const { plan, runtime, emit, ledger } = this.parts
    const retry = this.retryOf('ledger', LEDGER_RETRY)
    const sinks = [...this.sinks, this.deadLetters].filter((sink) => sink instanceof ObjectSinkRunner)
    this.aligned?.operators.check()
    this.aligned?.start({
      plan,
      runtime,
      emit,
      ledger: session,
      states: new StateStore(ledger, (call) => withRetry(retry, call)),
      sinks,
      retry: (call) => withRetry(retry, call),
      store: (sink) => this.storeOf(sink),
      flushRejections: () => {
        for (const lane of this.lanes) lane.flushAll()
      },
      checkpointed: (shard, position) => plan.source.source.checkpointed?.(shard, position),
      failed: (error) => this.fail(error),
    })
  }

  private async openSinks(session: LedgerSession): Promise<void> {
    const { plan, runtime, counts, emit } = this.parts
    const names = createAttemptNames(session.document.id, session.document.epoch)
    const objectSink = (planned: PlannedObjectSink): ObjectSinkRunner => {
      const parts: ObjectSinkParts = {
        planned,
        store: this.storeOf(planned.name),
        // Each sink keeps its own promise; dead letters come from everywhere, and keep the pipeline's.
        delivery: planned.name === DEAD_LETTER_SINK ? plan.delivery : planned.contract.delivery,
        runtime,
        ledger: session,
        memory: this.memory,
        scratch: this.scratch,
        counts: counts.sink(planned.name),
        names,
        retry: this.retryOf(planned.name, planned.retry),
        emit,
        ...(this.aligned === undefined ? {} : { requestBarrier: () => this.aligned?.request('pressure') }),
        comparePositions: (a, b) => plan.source.source.comparePositions(a, b),
        failed: (error) => this.fail(error),
      }
      const runner = new ObjectSinkRunner(parts)
      runner.start()
      return runner
    }
    this.deadLetters = objectSink(plan.deadLetter)
    for (const planned of plan.sinks) {
      if (planned.kind === 'object') this.sinks.push(objectSink(planned))
      else {
        const runner = new RecordSinkRunner({
          planned,
          runtime,
          counts: counts.sink(planned.name),
          retry: this.retryOf(planned.name, planned.retry),
          emit,
        })
        this.sinks.push(runner)
        await runner.open()
      }
    }
  }

  /** Builds the stream: operators once, then every sink with operators of its own. */
  private connect(): { input: Subject<Batch>; ended: Promise<unknown> } {
    const { plan, runtime, counts } = this.parts
    const input = new Subject<Batch>()
    const branches = plan.sinks.map((planned, i) => this.connectSink(planned, this.sinks[i]))
    const main = chainOperators({
      operators: plan.operators,
      runtime,
      counts: counts.before,
      lane: (operator) => this.lane(`operator ${operator}`, 'processing-failed'),
      ...this.stateOf('operators'),
    })
    input.pipe(main).subscribe({
      next: (batch) => {
        for (let copy = 1; copy < branches.length; copy++) batch.share()
        for (const branch of branches) branch.input.next(batch)
      },
      error: (error: unknown) => this.fail(operatorFailed(error)),
      complete: () => {
        for (const branch of branches) branch.input.complete()
      },
    })
    return { input, ended: Promise.all(branches.map((branch) => branch.ended)) }
  }

  private connectSink(planned: PlannedSink, runner: SinkRunner): { input: Subject<Batch>; ended: Promise<void> } {
    const { runtime, counts } = this.parts
    const input = new Subject<Batch>()
    const chain = chainOperators({
      operators: planned.operators,
      runtime,
      counts: counts.sink(planned.name),
      lane: (operator) => this.lane(`sink ${planned.name} operator ${operator}`, 'processing-failed'),
      ...this.stateOf(`sink ${planned.name}`),
    })
    const rejections = this.lane(`sink ${planned.name}`, planned.kind === 'object' ? 'processing-failed' : 'delivery-failed')
    const ended = new Promise<void>((resolve) => {
      input.pipe(chain, concatMap((batch) => runner.accept(batch, rejections))).subscribe({
        error: (error: unknown) => {
          this.fail(operatorFailed(error))
          resolve()
        },
        complete: resolve,
      })
    })
    return { input, ended }
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
      rejections: this.lane('decode', 'format-conversion-failed'),
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
    for (const sink of this.sinks) await sink.drain()
    for (const lane of this.lanes) lane.flushAll()
    await this.deadLetters?.drain()
    if (this.failure === undefined && this.progress.heldBatches > 0) {
      throw new StandpipeError(`${this.progress.heldBatches} batch(es) were neither emitted nor settled by an operator`, { code: 'BATCH_NOT_SETTLED' })
    }
    await session.commit(() => undefined)
  }

  private stateOf(chain: string): Pick<ChainParts, 'state'> {
    const { aligned } = this
    return aligned === undefined ? {} : { state: (operator) => aligned.operators.at(`${chain} ${operator}`) }
  }

  private lane(name: string, type: ErrorOutputType): Rejections {
    const { runtime, emit } = this.parts
    const lane = new Rejections({
      lane: name,
      type,
      clock: runtime.clock,
      memory: this.memory,
      emit,
      deliver: (letters, from) => {
        this.deadLetters?.accept(letters, this.lastResort(), from).catch((error: unknown) => this.fail(error))
      },
    })
    this.lanes.push(lane)
    return lane
  }

  /** A dead letter that cannot be kept ends the run: nothing is dropped silently. */
  private lastResort(): RejectRows {
    return {
      add: (_batch, _row, rejection) => {
        throw new StandpipeError(`a dead letter cannot be kept: ${rejection.message}`, { code: 'SINK_REJECTED', component: DEAD_LETTER_SINK })
      },
      flush: () => undefined,
    }
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
    await this.aligned?.close()
    const closing = [...this.sinks, ...(this.deadLetters === undefined ? [] : [this.deadLetters])].map((sink) => sink.close())
    if (this.sinks.length === 0) for (const store of this.stores.values()) closing.push(store.close())
    const results = await Promise.allSettled(closing)
    for (const result of results) if (result.status === 'rejected') this.failure ??= { error: result.reason as unknown }
    await this.scratch.close()
    await this.parts.plan.source.source.close?.()
    await this.session?.close()
  }
}

function objectSinksOf(plan: Plan): PlannedObjectSink[] {
  return [...plan.sinks.filter((sink) => sink.kind === 'object'), plan.deadLetter]
}

function operatorFailed(error: unknown): unknown {
  if (error instanceof Error && ('code' in error || error.name === 'RewindError')) return error
  return new StandpipeError(`an operator threw: ${error instanceof Error ? error.message : String(error)}`, { code: 'OPERATOR_FAILED', cause: error })
}

import type { ObjectStore } from '../component/index.js'
import { StandpipeError, type Position, type ShardId } from '../model/index.js'
import type { AlignedCommits } from './aligned/aligned-commits.js'
import { StateStore } from './aligned/state-store.js'
import type { HeldLedger } from './ledger/held-ledger.js'
import type { LedgerSession } from './ledger/session.js'
import { shareWhole, type Shares } from './ledger/share.js'
import { withTimeout } from './links/timeout.js'
import { nameStyleOf } from './object-names.js'
import type { PipelineStream } from './pipeline-stream.js'
import type { Progress } from './progress.js'
import { adoptConfiguration, checkConfiguration, discardLoose, type LooseObject } from './recovery.js'
import { Replay } from './replay.js'
import { finishStaged, openLedger, restoreStates, retryOfLedger, type TakeOverParts } from './take-over.js'

/** How long a run that fails looks whether it was fenced. */
const EXPLAIN_MS = 5_000

/** What holding a ledger as a whole needs. */
export interface WholeLedgerParts extends TakeOverParts {
  readonly stores: ReadonlyMap<string, ObjectStore>
  /** Of the stores, listed before the ledger is read. */
  readonly loose: readonly LooseObject[]
  readonly stream: PipelineStream
  readonly progress: Progress
  readonly aligned: AlignedCommits | undefined
  /** Given where reading is to end with what an earlier run published. */
  readonly caughtUp: (() => void) | undefined
  /** Aborted when the pipeline drains. */
  readonly stopping: AbortSignal
  failed(error: unknown): void
}

/** One document for all shards, held by one process from its start to its end. */
export class WholeLedger implements HeldLedger {
  readonly shares: Shares
  private replay: Replay | undefined

  private constructor(
    private readonly parts: WholeLedgerParts,
    private readonly session: LedgerSession,
  ) {
    this.shares = shareWhole(session, (error) => parts.failed(error), nameStyleOf(parts.plan))
  }

  /** Takes the ledger over and finishes what is staged. `opened` is told of the ledger as soon as it has to be closed. */
  static async take(parts: WholeLedgerParts, opened: (ledger: WholeLedger) => void): Promise<WholeLedger> {
    const { aligned, loose, plan, progress, emit } = parts
    const { session, resumed } = await openLedger(parts)
    const whole = new WholeLedger(parts, session)
    opened(whole)
    const recovery = await finishStaged(parts, session, parts.stores)
    await restoreStates(parts, session, aligned?.operators)
    checkConfiguration({ ledger: session, fingerprint: plan.fingerprint })
    await discardLoose(recovery, loose)
    session.follow(progress)
    emit({ type: 'PipelineStarted', epoch: session.document.epoch, resumed })
    return whole
  }

  /** Takes the ledger over and finishes what is staged, for no other purpose: the configuration that staged it need not be this one. */
  static async recover(parts: WholeLedgerParts, opened: (ledger: WholeLedger) => void): Promise<void> {
    const { session } = await openLedger(parts)
    opened(new WholeLedger(parts, session))
    await finishStaged(parts, session, parts.stores)
  }

  async begin(): Promise<void> {
    const { plan, runtime, aligned, caughtUp } = this.parts
    aligned?.operators.check()
    // An operator that refuses its state has failed the run by now.
    runtime.signal.throwIfAborted()
    await adoptConfiguration({ ledger: this.session, fingerprint: plan.fingerprint })
    this.startAligned()
    if (caughtUp !== undefined) this.replay = new Replay(this.session.replayed, (a, b) => plan.source.source.comparePositions(a, b), caughtUp)
  }

  /** A source may give a batch before it looks whether it should stop. */
  get isOver(): boolean {
    return this.replay?.isOver === true
  }

  read(shard: ShardId, last: Position): void {
    this.replay?.read(shard, last)
  }

  shardEnded(): void {
    // It goes with the next save.
  }

  commitBehind(): void {
    if (this.session.behind) this.session.commit(() => undefined).catch((error: unknown) => this.parts.failed(error))
  }

  readingOver(): void {
    const { aligned, stopping, caughtUp } = this.parts
    if (aligned === undefined) return
    aligned.operators.sourceEnded = !stopping.aborted
    aligned.operators.superseded = caughtUp !== undefined
  }

  async finish(): Promise<void> {
    const { aligned, stream, progress, runtime } = this.parts
    if (aligned !== undefined) return aligned.finish()
    await stream.drain()
    runtime.signal.throwIfAborted()
    progress.requireSettled()
    await this.session.commit(() => undefined)
  }

  async explain(error: unknown): Promise<unknown> {
    if (!(error instanceof StandpipeError) || error.code === 'LEDGER_FENCED' || error.code === 'TIMEOUT') return error
    const { plan, runtime, ledger } = this.parts
    try {
      if (await withTimeout(EXPLAIN_MS, runtime.clock, new AbortController().signal, 'ledger', () => this.session.isHeld())) return error
    } catch (unknown) {
      runtime.log.debug('the ledger cannot tell whether it was taken over', { error: String(unknown) })
      return error
    }
    return new StandpipeError(`another process has taken over the ledger of \`${plan.name}\` in ${ledger.location}`, { code: 'LEDGER_FENCED', component: 'ledger', cause: error })
  }

  close(): Promise<void> {
    return this.session.close()
  }

  private startAligned(): void {
    const { plan, runtime, emit, ledger, aligned, stream, retryOf, stores, failed } = this.parts
    const retry = retryOfLedger(retryOf)
    aligned?.start({
      plan,
      runtime,
      emit,
      ledger: this.session,
      states: new StateStore(ledger, retry),
      sinks: stream.objectSinks,
      retry,
      store(sink) {
        const store = stores.get(sink)
        if (store === undefined) throw new RangeError(`no store for sink \`${sink}\``)
        return store
      },
      letGo: () => stream.letGo(),
      flushRejections: () => stream.flushRejections(),
      checkpointed: (shard, position) => plan.source.source.checkpointed?.(shard, position),
      failed,
    })
  }
}

import type { LeaseHolder, LeaseMembership, LedgerStore, ObjectStore, ShardedLedger, ShardState } from '../../component/index.js'
import { StandpipeError, type ShardId } from '../../model/index.js'
import type { HeldLedger } from '../ledger/held-ledger.js'
import { Share, type Shares } from '../ledger/share.js'
import type { LedgerSession } from '../ledger/session.js'
import { nameStyleOf } from '../object-names.js'
import type { PipelineStream } from '../pipeline-stream.js'
import type { Progress } from '../progress.js'
import { RewindError } from '../publisher.js'
import { adoptConfiguration, checkConfiguration, discardLoose, type LooseObject } from '../recovery.js'
import { finishStaged, openLedger, retryOfLedger, type TakeOverParts } from '../take-over.js'
import { LooseObjects } from './loose-objects.js'
import { ReadableShards, type Reading } from './readable-shards.js'

/** Operators are asked so often to let go of what they hold of a shard that is to leave. */
const NUDGE_MS = 200

/** What holding a ledger shard by shard needs. */
export interface LeasedLedgerParts extends Omit<TakeOverParts, 'ledger'> {
  readonly ledger: ShardedLedger
  readonly stores: ReadonlyMap<string, ObjectStore>
  /** Of the stores, listed before any ledger is read. */
  readonly loose: readonly LooseObject[]
  readonly stream: PipelineStream
  readonly progress: Progress
  /** Aborted when the pipeline drains. */
  readonly stopping: AbortSignal
  failed(error: unknown): void
}

/** A shard that this run holds. */
interface Holding {
  readonly shard: ShardId
  readonly store: LedgerStore
  readonly share: Share
  readonly reading: Reading
  /** Set once nothing more is to be read of it. */
  finishing?: Promise<void>
}

/**
 * A ledger shard by shard: leases come and go while the run goes on. A shard is taken up as a pipeline is (its epoch
 * raised, what is staged published), handed over when all that was read of it is committed, and dropped when it is lost.
 */
export class LeasedLedger implements HeldLedger, LeaseHolder, Shares {
  readonly byShard = true
  readonly shares = this
  readonly leases: ReadableShards
  readonly isOver = false
  private readonly holdings = new Map<ShardId, Holding>()
  /** Shards that were dropped, until nothing of them is in flight: only then can they be taken up again. */
  private readonly dropped = new Map<ShardId, Promise<void>>()
  /** Shards that are being taken up, and whether they were lost meanwhile. */
  private readonly taking = new Map<ShardId, { lost: boolean }>()
  private readonly loose: LooseObjects
  private membership: LeaseMembership | undefined
  private sharesSoFar = 0
  private draining = false

  constructor(private readonly parts: LeasedLedgerParts) {
    const { stores, runtime, retryOf, loose, stopping } = parts
    this.leases = new ReadableShards(AbortSignal.any([stopping, runtime.signal]))
    this.loose = new LooseObjects(stores, runtime.clock, retryOfLedger(retryOf), loose)
  }

  of(shard: ShardId): Share | undefined {
    return this.holdings.get(shard)?.share
  }

  known(): readonly ShardId[] {
    return [...this.holdings.keys()]
  }

  stateOf(shard: ShardId): ShardState | undefined {
    return this.of(shard)?.session.document.shards[shard]
  }

  async begin(): Promise<void> {
    const { ledger, plan, runtime, emit } = this.parts
    const { source } = plan.source
    emit({ type: 'PipelineStarted', epoch: 0, resumed: false })
    this.membership = await ledger.join(this, { ...runtime, shards: async () => (await source.listShards?.(runtime)) ?? [] })
  }

  async taken(shard: ShardId): Promise<void> {
    // It was another worker's since, though this one has not noticed.
    const stale = this.holdings.get(shard)
    await (stale === undefined ? this.dropped.get(shard) : this.drop(stale))
    await this.takeUp(shard)
  }

  async handOver(shard: ShardId): Promise<void> {
    await this.dropped.get(shard)
    const holding = this.holdings.get(shard)
    if (holding !== undefined) await this.finishShard(holding)
  }

  async lost(shard: ShardId): Promise<void> {
    const taking = this.taking.get(shard)
    if (taking !== undefined) taking.lost = true
    const holding = this.holdings.get(shard)
    await (holding === undefined ? this.dropped.get(shard) : this.drop(holding))
  }

  read(): void {
    // Nothing to catch up with: the ledger of a shard is read when it is taken up.
  }

  shardEnded(shard: ShardId): void {
    const holding = this.holdings.get(shard)
    if (holding === undefined) return
    this.finishShard(holding).then(
      () => {
        if (holding.share.state !== 'lost') this.membership?.released(shard, 'ended')
      },
      (error: unknown) => this.parts.failed(error),
    )
  }

  commitBehind(): void {
    for (const { share } of this.holdings.values()) {
      if (share.state !== 'lost' && share.session.behind) share.session.commit(() => undefined).catch((error: unknown) => share.failed(error))
    }
  }

  readingOver(): void {
    this.draining = true
    this.leases.close()
  }

  async finish(): Promise<void> {
    const { stream, progress, runtime } = this.parts
    await stream.drain()
    runtime.signal.throwIfAborted()
    progress.requireSettled()
    await Promise.all([...this.holdings.values()].map((holding) => this.finishShard(holding)))
    await Promise.all(this.dropped.values())
    await this.leave()
  }

  async explain(error: unknown): Promise<unknown> {
    return error
  }

  async close(): Promise<void> {
    for (const { share } of this.holdings.values()) share.state = 'lost'
    await Promise.allSettled([...this.holdings.values()].map(closeHolding))
    this.holdings.clear()
    await this.leave()
  }

  private async leave(): Promise<void> {
    const { membership } = this
    this.membership = undefined
    await membership?.leave()
  }

  /** Takes the document of a shard over, finishes what is staged, and lets the source read. */
  private async takeUp(shard: ShardId): Promise<void> {
    if (this.draining) throw new StandpipeError(`the run drains, and takes up no shard`, { code: 'LEDGER_FENCED', component: 'ledger' })
    const { emit, failed } = this.parts
    const taking = { lost: false }
    this.taking.set(shard, taking)
    try {
      const store = this.parts.ledger.shard(shard)
      const session = await this.openShard(shard, store)
      if (taking.lost || this.draining) return await store.close()
      const share = new Share(String(++this.sharesSoFar), session, (error) => this.shareFailed(shard, share, error), nameStyleOf(this.parts.plan))
      this.holdings.set(shard, { shard, store, share, reading: this.leases.add(shard) })
      emit({ type: 'LeaseTaken', shard, epoch: session.document.epoch })
    } catch (error) {
      if (!isFenced(error)) failed(error)
      throw error
    } finally {
      this.taking.delete(shard)
    }
  }

  private async openShard(shard: ShardId, store: LedgerStore): Promise<LedgerSession> {
    const { plan, stores, progress } = this.parts
    const loose = await this.loose.list()
    const parts: TakeOverParts = { ...this.parts, ledger: store }
    const { session } = await openLedger(parts)
    const recovery = await finishStaged(parts, session, stores)
    checkConfiguration({ ledger: session, fingerprint: plan.fingerprint })
    await adoptConfiguration({ ledger: session, fingerprint: plan.fingerprint })
    await discardLoose(recovery, loose)
    session.follow(progress.of(shard))
    return session
  }

  /** Reads nothing more of a shard, and resolves when all that was read is committed, or the shard was lost. */
  private finishShard(holding: Holding): Promise<void> {
    holding.finishing ??= this.completeShard(holding)
    return holding.finishing
  }

  private async completeShard(holding: Holding): Promise<void> {
    const { shard, share, reading } = holding
    const { stream, progress, emit } = this.parts
    reading.stop()
    await reading.over
    if (isLost(share)) return this.dropped.get(shard)
    share.state = 'leaving'
    await stream.rollShare(share)
    await this.whenIdle(progress.idle(shard))
    if (!isLost(share)) {
      try {
        await share.session.commit(() => undefined)
      } catch (error) {
        share.failed(error)
      }
    }
    if (isLost(share)) return this.dropped.get(shard)
    this.holdings.delete(shard)
    await progress.forget(shard)
    await closeHolding(holding)
    emit({ type: 'LeaseEnded', shard, why: share.session.document.shards[shard]?.ended === true ? 'ended' : 'handed over' })
  }

  /** Commits nothing more of a shard, and resolves when nothing of it is in flight. */
  private drop(holding: Holding, then: () => Promise<void> = async () => undefined): Promise<void> {
    const { stream, progress, emit, failed } = this.parts
    const { shard, share, reading } = holding
    share.state = 'lost'
    this.holdings.delete(shard)
    reading.stop()
    const idle = progress.forget(shard)
    const rest = async (): Promise<void> => {
      await reading.over
      await stream.abandon(share)
      await this.whenIdle(idle)
      await closeHolding(holding)
      this.dropped.delete(shard)
      await then()
    }
    const gone = rest().catch(failed)
    this.dropped.set(shard, gone)
    emit({ type: 'LeaseEnded', shard, why: 'lost' })
    return gone
  }

  /** A share that cannot commit is dropped at once; why it cannot is looked into then. */
  private shareFailed(shard: ShardId, share: Share, error: unknown): void {
    const { emit, failed } = this.parts
    const holding = this.holdings.get(shard)
    if (holding?.share !== share || isLost(share)) return
    if (error instanceof RewindError) {
      emit({ type: 'PipelineRewound', reason: error.message })
      this.drop(holding, () => this.takeUp(shard).catch((reason: unknown) => (isFenced(reason) ? this.membership?.released(shard, 'fenced') : failed(reason)))).catch(failed)
      return
    }
    this.drop(holding).catch(failed)
    const isOurs = isFenced(error) ? Promise.resolve(false) : share.session.isHeld()
    isOurs.then((ours) => (ours ? failed(error) : this.membership?.released(shard, 'fenced')), () => failed(error))
  }

  /** What operators hold back has to come out before a shard is done with. */
  private async whenIdle(idle: Promise<void>): Promise<void> {
    const { stream, runtime } = this.parts
    const nudge = (): void => {
      stream.letGo()
      stream.flushRejections()
    }
    nudge()
    const stop = runtime.clock.every(NUDGE_MS, nudge)
    try {
      await idle
    } finally {
      stop()
    }
  }
}

async function closeHolding({ share, store }: Holding): Promise<void> {
  await share.session.close()
  await store.close()
}

function isLost(share: Share): boolean {
  return share.state === 'lost'
}

function isFenced(error: unknown): boolean {
  return error instanceof StandpipeError && error.code === 'LEDGER_FENCED'
}

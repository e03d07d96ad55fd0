import type { ObjectStore, Runtime, StagedEntry } from '../../component/index.js'
import type { Batch, Position, ShardId } from '../../model/index.js'
import { rangeOfSet } from '../chain.js'
import { ConcurrencyLimit } from '../concurrency.js'
import type { EmitEvent, RollReason } from '../events.js'
import type { LedgerSession } from '../ledger/session.js'
import type { MemoryBudget } from '../memory-budget.js'
import type { ObjectSinkRunner } from '../object-sink-runner.js'
import type { OpenObject } from '../open-object.js'
import type { Plan } from '../plan.js'
import { RewindError } from '../publisher.js'
import { AlignedProgress, type CapturedProgress } from './aligned-progress.js'
import { InFlight } from './in-flight.js'
import { OperatorStates } from './operator-states.js'
import { setAgeMs } from './set-age.js'
import { dropPublishedSet, publishSet, type SetParts } from './publish-set.js'
import type { StateStore } from './state-store.js'

/** The age of a set is looked at this often, at most. */
const AGE_TICK_MS = 1_000
const CONCURRENT_OBJECTS = 8

/** What aligned commits need of the attempt they belong to. */
export interface AlignedParts {
  readonly plan: Plan
  readonly runtime: Runtime
  readonly emit: EmitEvent
  readonly ledger: LedgerSession
  readonly states: StateStore
  /** Object sinks, the dead letters last. */
  readonly sinks: readonly ObjectSinkRunner[]
  retry<T>(call: () => Promise<T>): Promise<T>
  store(sink: string): ObjectStore
  /** Has operators let go of the batches that they hold back. */
  letGo(): void
  /** Sends the dead letters that wait in operators on their way. */
  flushRejections(): void
  /** Told after what is up to the position is published for good. */
  checkpointed(shard: ShardId, position: Position): void
  failed(error: unknown): void
}

interface OpenSet {
  readonly objects: readonly { readonly runner: ObjectSinkRunner; readonly object: OpenObject }[]
  readonly state: Uint8Array
  readonly progress: CapturedProgress
}

/**
 * Commits everything in one: the open objects of all sinks as a set, the state of the operators, and the positions
 * (design.md, "Aligned commits"). Reading pauses only until what is in flight has arrived; then the next set fills
 * while this one is staged, committed, published and dropped. One set at a time.
 */
export class AlignedCommits {
  readonly progress = new AlignedProgress()
  readonly operators: OperatorStates
  readonly inFlight = new InFlight()
  private parts: AlignedParts | undefined
  private lastCommit: Promise<void> = Promise.resolve()
  private taking: Promise<void> | undefined
  private stopTicking: (() => void) | undefined
  private takenMs = 0
  private takenBatches = 0
  private readonly moved = new Map<ShardId, Position>()

  /** States, also while they are saved, are charged to the budget. */
  constructor(private readonly memory: MemoryBudget) {
    this.operators = new OperatorStates(memory)
  }

  /** Starts committing by age; see {@link setAgeMs}. */
  start(parts: AlignedParts): void {
    this.parts = parts
    const { clock } = parts.runtime
    const { plan } = parts
    const ageMs = setAgeMs(
      plan.sinks.map((sink) => (sink.kind === 'object' ? sink.roll : undefined)),
      plan.limits.checkpointMs,
    )
    this.takenMs = clock.monotonic()
    this.stopTicking = clock.every(Math.max(10, Math.min(AGE_TICK_MS, ageMs / 4)), () => {
      if (clock.monotonic() - this.takenMs >= ageMs && this.inFlight.entered > this.takenBatches) this.request('age')
    })
  }

  /** Asks for a commit soon: by age, or because memory presses. */
  request(reason: RollReason): void {
    if (this.taking !== undefined) return
    this.take(reason).catch((error: unknown) => this.parts?.failed(error))
  }

  /** Lets a batch in, once no commit is being taken. */
  enter(batch: Batch): Batch {
    return this.inFlight.enter(batch)
  }

  /** Notes a checkpoint that the ledger holds; the source is told when its set is published. */
  checkpointed(shard: ShardId, position: Position): void {
    this.moved.set(shard, position)
  }

  /** Commits what is left after the last batch, and resolves when it is published. */
  async finish(): Promise<void> {
    this.stopTicking?.()
    await this.taking
    await this.take('end')
    await this.lastCommit
  }

  async close(): Promise<void> {
    this.stopTicking?.()
    await this.lastCommit
    this.operators.close()
  }

  private take(reason: RollReason): Promise<void> {
    this.taking ??= this.takeSet(reason).finally(() => (this.taking = undefined))
    return this.taking
  }

  private async takeSet(reason: RollReason): Promise<void> {
    const parts = this.parts
    if (parts === undefined) throw new TypeError('committed before it was started')
    await this.lastCommit
    const stopped = this.inFlight.stop()
    parts.letGo()
    await stopped
    try {
      const set = await this.openSet(parts, reason)
      this.lastCommit = this.commit(parts, set).catch((error: unknown) => parts.failed(error))
    } finally {
      this.inFlight.resume()
    }
  }

  private async openSet({ sinks, runtime, emit, flushRejections }: AlignedParts, reason: RollReason): Promise<OpenSet> {
    runtime.signal.throwIfAborted()
    flushRejections()
    this.takenMs = runtime.clock.monotonic()
    this.takenBatches = this.inFlight.entered
    const objects: { runner: ObjectSinkRunner; object: OpenObject }[] = []
    for (const runner of sinks) for (const object of await runner.detach()) objects.push({ runner, object })
    for (const { object } of objects) {
      object.releaseHolds()
      emit({ type: 'ObjectRolled', sink: object.ledgerSink.split(':')[0], partition: object.partition, reason, rows: object.rows })
    }
    this.progress.requireSettled()
    for (const shard of this.progress.takeEnded()) this.operators.endShard(shard)
    return { objects, state: this.operators.snapshot(), progress: this.progress.capture() }
  }

  private async commit(parts: AlignedParts, { objects, state, progress }: OpenSet): Promise<void> {
    const { ledger, states } = parts
    const { epoch, aligned: before } = ledger.document
    const sets = before?.sets ?? 0
    const limit = new ConcurrencyLimit(CONCURRENT_OBJECTS)
    this.memory.charge(state.length)
    const [reference, entries] = await Promise.all([
      states.save(state, epoch).finally(() => this.memory.release(state.length)),
      Promise.all(
        objects.map(({ runner, object }) => {
          const set = { number: sets + 1, objects: objects.filter((other) => other.runner === runner).length }
          return limit.run(() => stage(runner, object, set, () => parts.runtime.clock.now()))
        }),
      ),
    ])
    parts.runtime.signal.throwIfAborted()
    await ledger.commit((draft) => {
      const shards = Object.fromEntries(Object.entries(draft.document.shards).map(([shard, known]) => [shard, { ...known }]))
      draft.setAligned(entries.length === 0 ? { sets, state: reference } : { sets, state: reference, previous: { state: before?.state, shards } })
      draft.stage(entries)
      this.progress.advance(progress)
    })
    parts.runtime.signal.throwIfAborted()
    if (entries.length > 0) {
      await this.publish(parts, entries)
      await dropPublishedSet(ledger)
    }
    for (const [shard, position] of this.moved) parts.checkpointed(shard, position)
    this.moved.clear()
    for (const settled of progress.settled) settled()
    await states.remove(before?.state)
  }

  private async publish(parts: AlignedParts, entries: readonly StagedEntry[]): Promise<void> {
    const set: SetParts = {
      store: (sink) => parts.store(sink.split(':')[0]),
      now: () => parts.runtime.clock.now(),
      retry: (call) => parts.retry(call),
      published: ({ sink, partition, object, rows }) =>
        parts.emit({ type: 'ObjectPublished', sink: sink.split(':')[0], partition, key: object.key, rows, bytes: object.bytes }),
    }
    if ((await publishSet(entries, set)) === 'gone') throw new RewindError('objects of the staged set vanished')
  }
}

async function stage(runner: ObjectSinkRunner, object: OpenObject, set: { readonly number: number; readonly objects: number }, now: () => number): Promise<StagedEntry> {
  const staged = await runner.stage(object, set)
  const { ledgerSink: sink, partition, rows } = object
  return { id: staged.identity, sink, partition, object: staged, rows, ranges: Object.fromEntries(rangeOfSet(set.number, object.ranges)), stagedMs: now() }
}

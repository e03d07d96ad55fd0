import { randomUUID } from 'node:crypto'
import type { LedgerChange, LedgerDocument, LedgerStore } from '../../component/index.js'
import { StandpipeError, type Position, type ShardId } from '../../model/index.js'
import type { EmitEvent } from '../events.js'
import { withRetry, type RetryContext } from '../links/retry.js'
import type { MovedProgress } from '../progress.js'
import { LedgerState, type LedgerDraft } from './state.js'

/** What the session needs to know of its pipeline. */
export interface LedgerOptions {
  readonly store: LedgerStore
  readonly pipeline: string
  readonly fingerprint: string
  readonly configuration: string
  readonly retry: RetryContext
  readonly emit: EmitEvent
  comparePositions(a: Position, b: Position): number
  /** Told after a checkpoint is durable. */
  checkpointed(shard: ShardId, position: Position): void
}

type Change = (draft: LedgerDraft) => void
type Version = Pick<LedgerDocument, 'epoch' | 'seq'>

const OPEN_ATTEMPTS = 10

/**
 * The ledger while a pipeline runs: one epoch, one writer. Changes given while a save is under way go out
 * together with the next one. Every save moves the checkpoints along with what is settled by then.
 */
export class LedgerSession {
  private readonly nonce = randomUUID().slice(0, 8)
  private writes = 0
  private waiting: Change[] = []
  private saving: Promise<void> | undefined
  private progress: MovedProgress | undefined
  /** Of the save that failed: what it was to save is in the state, and not durable, so nothing is saved after it. */
  private failure: { readonly error: unknown } | undefined
  private readonly state: LedgerState

  private constructor(
    private readonly options: LedgerOptions,
    known: LedgerDocument,
  ) {
    this.state = new LedgerState(known)
  }

  /**
   * Takes the ledger over: raises its epoch, which fences whoever held it before. One that writes at this very
   * moment wins the race for the next version, so it is tried a few times.
   */
  static async open(options: LedgerOptions): Promise<{ session: LedgerSession; resumed: boolean }> {
    for (let attempt = 1; ; attempt++) {
      const known = await withRetry(options.retry, () => options.store.load())
      const initial = known ?? emptyDocument(options)
      const session = new LedgerSession(options, initial)
      try {
        await session.save(known, { epoch: initial.epoch + 1, seq: initial.seq })
        return { session, resumed: known !== undefined }
      } catch (error) {
        const raced = error instanceof StandpipeError && error.code === 'LEDGER_FENCED'
        if (!raced || attempt === OPEN_ATTEMPTS) throw error
      }
    }
  }

  /** The document as it is now. It changes in place, at the latest when a commit resolves; what is kept of it has to be copied. */
  get document(): LedgerDocument {
    return this.state.document
  }

  /** What was published beyond the checkpoint when reading began, by shard and `sink|partition`: skipped when read again. */
  replayed: ReadonlyMap<ShardId, Readonly<Record<string, Position>>> = new Map()

  /** Reading begins: from now on every save moves the checkpoints to what `progress` says is settled. */
  follow(progress: MovedProgress): void {
    this.progress = progress
    const ahead = Object.entries(this.document.shards).map(([shard, state]) => [shard, { ...state.ahead }] as const)
    this.replayed = new Map(ahead.filter(([, positions]) => Object.keys(positions).length > 0))
  }

  /** Applies a change and resolves once it is durable. Throws LEDGER_FENCED when another process took over. */
  commit(change: Change): Promise<void> {
    this.waiting.push(change)
    this.saving ??= this.saveWaiting()
    return this.saving.then(() => (this.waiting.includes(change) ? this.flushed(change) : undefined))
  }

  /** Applies a change with the next save: for what may be lost in a crash. */
  commitLater(change: Change): void {
    this.waiting.push(change)
  }

  /** Whether a save would move a checkpoint, or something waits for one. */
  get behind(): boolean {
    return this.waiting.length > 0 || this.progress?.hasMoved === true
  }

  /** Switches to the configuration of this run, once nothing is left of the stored one. */
  async adoptConfiguration(): Promise<void> {
    const { fingerprint, configuration } = this.options
    const { epoch, seq } = this.document
    this.state.adopt({ fingerprint, configuration })
    await this.save({ epoch, seq }, { epoch, seq: seq + 1 })
    this.tellSaved()
  }

  /** Looks whether the ledger is still this session's: another epoch than its own says that it was taken over. */
  async isHeld(): Promise<boolean> {
    const found = await this.options.store.load()
    return found?.epoch === this.document.epoch && found.id === this.document.id
  }

  /** Resolves when no save is under way. The store stays open: it is its owner's. */
  async close(): Promise<void> {
    await this.saving?.catch(() => undefined) // whoever gave the change has the error
  }

  private async flushed(change: Change): Promise<void> {
    while (this.waiting.includes(change)) {
      this.saving ??= this.saveWaiting()
      await this.saving
    }
  }

  private async saveWaiting(): Promise<void> {
    try {
      // Let what is ready in this turn join, so that many partitions share one write.
      await Promise.resolve()
      const changes = this.waiting
      this.waiting = []
      const { epoch, seq } = this.document
      for (const change of changes) change(this.state)
      const moved = this.moveCheckpoints()
      await this.save({ epoch, seq }, { epoch, seq: seq + 1 })
      this.tellSaved()
      for (const [shard, position] of moved) this.options.checkpointed(shard, position)
    } finally {
      this.saving = undefined
    }
  }

  private moveCheckpoints(): [ShardId, Position][] {
    const { comparePositions } = this.options
    const moved: [ShardId, Position][] = []
    for (const [shard, { position, arrivalMs, ended }] of this.progress?.takeMoved() ?? []) {
      const known = this.document.shards[shard]
      if (ended && known?.ended !== true) this.state.endShard(shard)
      if (position === undefined) continue
      if (known?.checkpoint !== undefined && comparePositions(position, known.checkpoint) <= 0) continue
      this.state.moveCheckpoint(shard, position, arrivalMs, comparePositions)
      moved.push([shard, position])
    }
    return moved
  }

  /** One conditional write. After an error it may have taken effect: repeat it, and if refused look whose it is. */
  private async save(expected: Version | undefined, version: Version): Promise<void> {
    if (this.failure !== undefined) throw this.failure.error
    const { store, retry } = this.options
    const writeId = `${this.nonce}:${++this.writes}`
    this.state.name({ ...version, writeId })
    const write = this.prepareWrite(expected)
    try {
      if (await withRetry(retry, write)) return
      const found = await withRetry(retry, () => store.load())
      if (found?.writeId === writeId) return
      throw new StandpipeError(`another process has taken over the ledger of \`${this.document.pipeline}\` in ${store.location}`, {
        code: 'LEDGER_FENCED',
        component: 'ledger',
      })
    } catch (error) {
      this.failure = { error }
      throw error
    }
  }

  private prepareWrite(expected: Version | undefined): () => Promise<boolean> {
    const { store } = this.options
    const change: LedgerChange | undefined = this.state.takeChange()
    if (change !== undefined && expected !== undefined && store.saveChange !== undefined) {
      return async () => (await store.saveChange?.(change, expected, () => this.state.snapshot())) === true
    }
    const document = this.state.snapshot()
    return () => store.save(document, expected)
  }

  private tellSaved(): void {
    this.options.emit({ type: 'CheckpointSaved', seq: this.document.seq, shards: this.state.shardCount })
  }
}

function emptyDocument({ pipeline, fingerprint, configuration }: LedgerOptions): LedgerDocument {
  return {
    format: 2,
    pipeline,
    id: randomUUID().slice(0, 13),
    epoch: 0,
    seq: 0,
    writeId: '',
    fingerprint,
    configuration,
    shards: {},
    staged: [],
    ends: {},
    totals: {},
  }
}

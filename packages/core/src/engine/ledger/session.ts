import { randomUUID } from 'node:crypto'
import type { LedgerDocument, LedgerStore, ShardState, SinkTotals, StagedEntry } from '../../component/index.js'
import { StandpipeError, type Position, type ShardId } from '../../model/index.js'
import type { EmitEvent } from '../events.js'
import { withRetry, type RetryContext } from '../links/retry.js'
import type { Progress } from '../progress.js'

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

/** Mutable copy of what a commit may change. */
export interface LedgerDraft {
  shards: Record<ShardId, { -readonly [Key in keyof ShardState]: ShardState[Key] } & { ahead: Record<string, Position> }>
  staged: StagedEntry[]
  ends: Record<string, Readonly<Record<ShardId, Position>>>
  totals: Record<string, SinkTotals>
}

type Change = (draft: LedgerDraft) => void

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
  private progress: Progress | undefined

  private constructor(
    private readonly options: LedgerOptions,
    private current: LedgerDocument,
  ) {}

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
        await session.write({ ...initial, epoch: initial.epoch + 1 }, known)
        return { session, resumed: known !== undefined }
      } catch (error) {
        const raced = error instanceof StandpipeError && error.code === 'LEDGER_FENCED'
        if (!raced || attempt === OPEN_ATTEMPTS) throw error
      }
    }
  }

  /** The document as last written. */
  get document(): LedgerDocument {
    return this.current
  }

  /** What was published beyond the checkpoint when reading began, by shard and `sink|partition`: skipped when read again. */
  replayed: ReadonlyMap<ShardId, Readonly<Record<string, Position>>> = new Map()

  /** Reading begins: from now on every save moves the checkpoints to what `progress` says is settled. */
  follow(progress: Progress): void {
    this.progress = progress
    this.replayed = new Map(Object.entries(this.current.shards).map(([shard, state]) => [shard, state.ahead]))
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
    if (this.waiting.length > 0) return true
    for (const [shard, progress] of this.progress?.settled() ?? []) {
      const known = this.current.shards[shard]
      if (progress.position !== undefined && progress.position !== known?.checkpoint) return true
      if (progress.ended && known?.ended !== true) return true
    }
    return false
  }

  /** Switches to the configuration of this run, once nothing is left of the stored one. */
  async adoptConfiguration(): Promise<void> {
    const { fingerprint, configuration } = this.options
    await this.save({ ...this.current, fingerprint, configuration })
  }

  async close(): Promise<void> {
    await this.saving
    await this.options.store.close()
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
      const draft = draftOf(this.current)
      for (const change of changes) change(draft)
      const moved = this.moveCheckpoints(draft)
      await this.save({ ...this.current, ...draft })
      for (const [shard, position] of moved) this.options.checkpointed(shard, position)
    } finally {
      this.saving = undefined
    }
  }

  private moveCheckpoints(draft: LedgerDraft): [ShardId, Position][] {
    const moved: [ShardId, Position][] = []
    for (const [shard, { position, arrivalMs, ended }] of this.progress?.settled() ?? []) {
      const state = (draft.shards[shard] ??= { ahead: {} })
      if (ended) state.ended = true
      if (position === undefined) continue
      if (state.checkpoint !== undefined && this.options.comparePositions(position, state.checkpoint) <= 0) continue
      state.checkpoint = position
      state.arrivalMs = arrivalMs
      moved.push([shard, position])
      for (const [key, ahead] of Object.entries(state.ahead)) {
        if (this.options.comparePositions(ahead, position) <= 0) delete state.ahead[key]
      }
    }
    return moved
  }

  private async save(document: LedgerDocument): Promise<void> {
    await this.write({ ...document, seq: this.current.seq + 1 }, this.current)
    this.options.emit({ type: 'CheckpointSaved', seq: this.current.seq, shards: Object.keys(document.shards).length })
  }

  /** One conditional write. After an error it may have taken effect: repeat it, and if refused look whose it is. */
  private async write(document: LedgerDocument, expected: LedgerDocument | undefined): Promise<void> {
    const { store, retry } = this.options
    const named = { ...document, writeId: `${this.nonce}:${++this.writes}` }
    const saved = await withRetry(retry, () => store.save(named, expected))
    if (!saved) {
      const found = await withRetry(retry, () => store.load())
      if (found?.writeId !== named.writeId) {
        throw new StandpipeError(`another process has taken over the ledger of \`${document.pipeline}\` in ${store.location}`, {
          code: 'LEDGER_FENCED',
          component: 'ledger',
        })
      }
    }
    this.current = named
  }
}

function emptyDocument({ pipeline, fingerprint, configuration }: LedgerOptions): LedgerDocument {
  return {
    format: 1,
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

function draftOf(document: LedgerDocument): LedgerDraft {
  const shards: LedgerDraft['shards'] = {}
  for (const [shard, state] of Object.entries(document.shards)) shards[shard] = { ...state, ahead: { ...state.ahead } }
  return { shards, staged: [...document.staged], ends: { ...document.ends }, totals: { ...document.totals } }
}

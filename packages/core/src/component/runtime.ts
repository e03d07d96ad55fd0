import type { Batch, Clock, Rejection, ShardId } from '../model/index.js'

/** Levels as in the house style: error = data lost or a person must act; warn = recovered; info = life cycle. */
export interface Logger {
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** What every running component may use. */
export interface Runtime {
  readonly pipeline: string
  readonly clock: Clock
  readonly log: Logger
  /** Aborted when the pipeline stops at once; a drain does not abort it. */
  readonly signal: AbortSignal
}

/** What a running operator may use besides. */
export interface OperatorRuntime extends Runtime {
  /**
   * Sends a row's record to the dead letters, with its raw bytes. The batch is still the operator's, and
   * the row must not be in what it emits. Waits for nothing: the engine holds the position until it is kept.
   */
  reject(batch: Batch, row: number, rejection: Rejection): void
  /** Counts rows dropped on purpose, so that the sums add up. The rows must not be in what is emitted. */
  dropped(rows: number): void
  /** Counts rows made beyond those that came in (`explode`). */
  added(rows: number): void
  /** Counts rows that went into the operator's state; what comes of them is {@link added} when it comes out. */
  folded(rows: number): void
  /**
   * For an operator that holds batches back by choice, to emit larger ones: tells how to make it let go; called once,
   * when it starts. `letGo` emits at once what the operator holds most of (its largest shard), and returns false where it
   * holds nothing. The engine calls it when reading waits for memory that nothing else frees, and before a commit that
   * waits for all batches. Absent where nobody does, as in a test.
   */
  holdsBack?(letGo: () => boolean): void
  /** Of a stateful operator, where the engine keeps its state; absent where nobody does, as in a test. */
  readonly state?: OperatorState
}

/** Where the state of a running operator comes from and goes to. */
export interface OperatorState {
  /** What the operator's snapshot was at the commit from which this run goes on; undefined where there was none. */
  readonly restored: Uint8Array | undefined
  /**
   * Tells how to take the state; called once, when the operator starts. The engine calls `snapshot` for each
   * commit, at a moment when no batch is inside the operator and everything it emitted belongs to that commit.
   * No bytes stand for no state.
   */
  keep(snapshot: () => Uint8Array): void
  /** Tells how much memory the state takes now, in bytes: it counts against `limits.memory`. Absent where nobody counts. */
  holds?(bytes: number): void
  /** When the input has ended: whether the source has no more, ever; otherwise a later run goes on from the snapshot. */
  readonly sourceEnded: boolean
  /**
   * When the input has ended: whether this configuration runs for the last time, since another one takes over. Then
   * whatever the state holds comes out, as if the source had ended, and the snapshot after it has no bytes. Absent: false.
   */
  readonly superseded?: boolean
  /** Calls `ended` for each shard that has no more records, once all of them have passed the operator. */
  onShardEnd(ended: (shard: ShardId) => void): void
}

import type { Batch, Clock, Rejection } from '../model/index.js'

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
}

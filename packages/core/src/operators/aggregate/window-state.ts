import { StandpipeError, type ShardId } from '../../model/index.js'
import { bytesOfValue, keyText, loadValue, saveValue, type SavedValue, type StateValue } from '../state-value.js'
import { Watermark, type SavedWatermark } from '../watermark.js'
import type { Accumulator, CreateAccumulator, SavedAccumulator } from './accumulator.js'

/** The aggregates of one window and key. */
export interface OpenWindow {
  readonly startUs: number
  readonly key: readonly (StateValue | null)[]
  readonly accumulators: readonly Accumulator[]
  /** What it takes in memory, about. */
  bytes: number
}

/** What bounds and times the windows; times in microseconds where the name says so. */
export interface WindowOptions {
  readonly windowUs: number
  readonly latenessUs: number
  readonly idleMs: number
  /** Windows, times keys, that may be open at once. */
  readonly maxKeys: number
  /** The most that open windows may take in memory. */
  readonly memoryBytes: number
  readonly create: readonly CreateAccumulator[]
}

interface SavedState {
  readonly format: 1
  /** Stands for the config: a state does not fit another one. */
  readonly config: string
  readonly watermark: SavedWatermark
  readonly windows: readonly (readonly [startUs: number, key: readonly SavedValue[], accumulators: readonly SavedAccumulator[]])[]
}

/** What V8 takes for a window with its key in a map, and for an accumulator: measured, and rounded up. */
const WINDOW_BYTES = 200
const ACCUMULATOR_BYTES = 88

/** The open windows of a running `aggregate`. A window takes rows until the watermark has passed its end by the allowed lateness. */
export class WindowState {
  readonly watermark: Watermark
  private readonly windows = new Map<number, Map<string, OpenWindow>>()
  private count = 0
  private windowBytes = 0
  /** Watermark from which on the earliest open window closes. */
  private nextCloseUs = Infinity

  constructor(
    private readonly options: WindowOptions,
    monotonicMs: () => number,
  ) {
    this.watermark = new Watermark(options.idleMs, monotonicMs)
  }

  /** What the state takes in memory, about. */
  get bytes(): number {
    return this.windowBytes + this.watermark.bytes
  }

  /** Start of the window of an event time; undefined where that window has been closed. */
  windowOf(timeUs: number): number | undefined {
    const startUs = Math.floor(timeUs / this.options.windowUs) * this.options.windowUs
    return this.closesAt(startUs) <= this.watermark.passedUs ? undefined : startUs
  }

  /** The open window of a key; undefined where none is open. */
  find(startUs: number, key: string): OpenWindow | undefined {
    return this.windows.get(startUs)?.get(key)
  }

  /** Why the state is full for a row: `found` is its window if that is open, `valueBytes` what its aggregates may keep of it. */
  isFullFor(found: OpenWindow | undefined, key: readonly (StateValue | null)[], text: string, valueBytes: number): string | undefined {
    const { maxKeys, memoryBytes } = this.options
    if (found === undefined && this.count >= maxKeys) return `${maxKeys} windows and keys are open at once (maxKeys)`
    const more = (found === undefined ? this.sizeOf(key, text) : 0) + valueBytes
    return more > 0 && this.bytes + more > memoryBytes ? `open windows take ${this.bytes} bytes, and ${memoryBytes} at most (memory)` : undefined
  }

  /** Opens a window for a key. */
  open(startUs: number, key: readonly (StateValue | null)[], text: string): OpenWindow {
    return this.put({ startUs, key, accumulators: this.options.create.map((create) => create(undefined)), bytes: this.sizeOf(key, text) }, text)
  }

  /** Notes how much more, or less, the values take that an open window keeps. */
  resize(window: OpenWindow, bytes: number): void {
    window.bytes += bytes
    this.windowBytes += bytes
  }

  /** Notes a row's event time, and whether a window can be closed now. */
  see(shard: ShardId, timeUs: number): boolean {
    this.watermark.see(shard, timeUs)
    return this.watermark.passedUs >= this.nextCloseUs
  }

  /** Takes out the windows that the watermark has passed, or all of them; by start, then by key. */
  close(all = false): OpenWindow[] {
    const passedUs = all ? Infinity : this.watermark.passedUs
    if (!all && passedUs < this.nextCloseUs) return []
    const starts = [...this.windows.keys()].filter((startUs) => this.closesAt(startUs) <= passedUs).sort((a, b) => a - b)
    const closed: OpenWindow[] = []
    for (const startUs of starts) {
      const keys = this.windows.get(startUs) ?? new Map<string, OpenWindow>()
      for (const text of [...keys.keys()].sort()) closed.push(keys.get(text) as OpenWindow)
      this.windows.delete(startUs)
    }
    this.count -= closed.length
    for (const { bytes } of closed) this.windowBytes -= bytes
    this.nextCloseUs = Math.min(...[...this.windows.keys()].map((startUs) => this.closesAt(startUs)), Infinity)
    return closed
  }

  /** The state as bytes; none where no record was ever seen or everything is closed for good. */
  save(config: string, ended: boolean): Uint8Array {
    if (this.count === 0 && (ended || this.watermark.passedUs === -Infinity)) return new Uint8Array(0)
    const windows = [...this.windows.values()].flatMap((keys) =>
      [...keys.values()].map(({ startUs, key, accumulators }) => [startUs, key.map(saveValue), accumulators.map((one) => one.save())] as const),
    )
    const state: SavedState = { format: 1, config, watermark: this.watermark.save(), windows }
    return new Uint8Array(Buffer.from(JSON.stringify(state)))
  }

  /** Takes a saved state. Throws CONFIG_CHANGED where it is of another config. */
  load(bytes: Uint8Array, config: string): void {
    const state = JSON.parse(Buffer.from(bytes).toString()) as SavedState
    if (state.format !== 1) throw new StandpipeError('the state of `aggregate` was written by a newer version', { code: 'LEDGER_NEWER', component: 'aggregate' })
    if (state.config !== config) {
      throw new StandpipeError('`aggregate` holds open windows of another configuration; `standpipe run --stored FILE` closes them with the former one, then run this one', {
        code: 'CONFIG_CHANGED',
        component: 'aggregate',
      })
    }
    this.watermark.load(state.watermark)
    const { create } = this.options
    for (const [startUs, savedKey, saved] of state.windows) {
      const key = savedKey.map(loadValue)
      const text = keyText(key)
      const accumulators = saved.map((one, i) => create[i](one))
      const kept = accumulators.reduce((sum, { keptBytes }) => sum + keptBytes, 0)
      this.put({ startUs, key, accumulators, bytes: this.sizeOf(key, text) + kept }, text)
    }
  }

  private put(window: OpenWindow, text: string): OpenWindow {
    const { startUs, bytes } = window
    let keys = this.windows.get(startUs)
    if (keys === undefined) {
      this.windows.set(startUs, (keys = new Map<string, OpenWindow>()))
      this.nextCloseUs = Math.min(this.nextCloseUs, this.closesAt(startUs))
    }
    keys.set(text, window)
    this.count += 1
    this.windowBytes += bytes
    return window
  }

  private sizeOf(key: readonly (StateValue | null)[], text: string): number {
    return key.reduce<number>((sum, value) => sum + bytesOfValue(value), WINDOW_BYTES + text.length * 2 + this.options.create.length * ACCUMULATOR_BYTES)
  }

  private closesAt(startUs: number): number {
    return startUs + this.options.windowUs + this.options.latenessUs
  }
}

import { createHash } from 'node:crypto'
import type { Runtime } from '../component/index.js'
import { formatSize } from '../component/index.js'
import { StandpipeError, type ShardId } from '../model/index.js'
import { Watermark, type SavedWatermark } from './watermark.js'

/** What bounds the memory of a `dedupe`. */
export interface DedupeOptions {
  /** How long a key is remembered, in microseconds of event time; undefined: `count` alone bounds it. */
  readonly windowUs: number | undefined
  readonly count: number
  readonly memoryBytes: number
  /** What happens where the memory is used up. */
  readonly full: 'forget' | 'stop'
  readonly idleMs: number
  /** Stands for the config: a state does not fit another one. */
  readonly config: string
}

interface SavedKeys {
  readonly format: 1
  readonly config: string
  readonly watermark: SavedWatermark
  readonly keys: readonly (readonly [key: string, timeUs: number])[]
}

/** What V8 takes for a key in a map, beside two bytes a character: measured, and rounded up. */
const ENTRY_BYTES = 120
/** Longer keys are remembered by their hash, so that no key takes much more than others. */
const LONGEST_KEY = 64

/** The keys that came, each with the event time of its first record, oldest first. */
export class RememberedKeys {
  readonly watermark: Watermark
  private readonly keys = new Map<string, number>()
  private keyBytes = 0
  private warned = false

  constructor(
    private readonly options: DedupeOptions,
    private readonly runtime: Pick<Runtime, 'clock' | 'log'>,
  ) {
    this.watermark = new Watermark(options.idleMs, () => runtime.clock.monotonic())
  }

  /** What the keys take in memory, about. */
  get bytes(): number {
    return this.keyBytes + this.watermark.bytes
  }

  /** Remembers a key; false where it came before, within the window. Throws STATE_FULL where there is no room and none may be made. */
  add(whole: string, timeUs: number): boolean {
    const { windowUs, count, memoryBytes, full } = this.options
    const key = shorten(whole)
    const firstUs = this.keys.get(key)
    if (firstUs !== undefined) {
      if (windowUs === undefined || Math.abs(timeUs - firstUs) < windowUs) return false
      if (timeUs < firstUs) return true
      this.forget(key)
    }
    this.remember(key, timeUs)
    while (this.keys.size > count) this.forgetOldest()
    while (this.bytes > memoryBytes && this.keys.size > 1) {
      if (full === 'stop') throw new StandpipeError(`there is no room for another key: ${this.keys.size - 1} take ${formatSize(memoryBytes)} (memory)`, { code: 'STATE_FULL', component: 'dedupe' })
      this.warnFull()
      this.forgetOldest()
    }
    return true
  }

  /** Notes the event time of a record. */
  see(shard: ShardId, timeUs: number): void {
    this.watermark.see(shard, timeUs)
  }

  /** Forgets the keys that the watermark has left behind; a key behind one that is younger waits for it. */
  forgetPassed(): void {
    const { windowUs } = this.options
    if (windowUs === undefined) return
    this.watermark.advance()
    for (const [key, timeUs] of this.keys) {
      if (timeUs + windowUs > this.watermark.passedUs) return
      this.forget(key)
    }
  }

  /** The state as bytes; none where nothing is remembered. */
  save(): Uint8Array {
    if (this.keys.size === 0) return new Uint8Array(0)
    const state: SavedKeys = { format: 1, config: this.options.config, watermark: this.watermark.save(), keys: [...this.keys] }
    return new Uint8Array(Buffer.from(JSON.stringify(state)))
  }

  /** Takes a saved state. Throws CONFIG_CHANGED where it is of another config. */
  load(bytes: Uint8Array): void {
    const state = JSON.parse(Buffer.from(bytes).toString()) as SavedKeys
    if (state.format !== 1) throw new StandpipeError('the state of `dedupe` was written by a newer version', { code: 'LEDGER_NEWER', component: 'dedupe' })
    if (state.config !== this.options.config) {
      throw new StandpipeError('`dedupe` remembers the keys of another configuration; `standpipe run --stored FILE` finishes with the former one and forgets them, then run this one', { code: 'CONFIG_CHANGED', component: 'dedupe' })
    }
    this.watermark.load(state.watermark)
    for (const [key, timeUs] of state.keys) this.remember(shorten(key), timeUs)
  }

  private remember(key: string, timeUs: number): void {
    this.keys.set(key, timeUs)
    this.keyBytes += bytesOf(key)
  }

  private forgetOldest(): void {
    for (const key of this.keys.keys()) return this.forget(key)
  }

  private forget(key: string): void {
    if (this.keys.delete(key)) this.keyBytes -= bytesOf(key)
  }

  private warnFull(): void {
    if (this.warned) return
    this.warned = true
    const { memoryBytes } = this.options
    this.runtime.log.warn(`dedupe: ${formatSize(memoryBytes)} of keys are remembered (memory); the oldest are forgotten, and their duplicates stay`, { keys: this.keys.size })
  }
}

/** A key as it is remembered. The text of a key begins with a bracket, a hash does not. */
function shorten(key: string): string {
  return key.length <= LONGEST_KEY ? key : createHash('sha256').update(key).digest('base64')
}

function bytesOf(key: string): number {
  return key.length * 2 + ENTRY_BYTES
}

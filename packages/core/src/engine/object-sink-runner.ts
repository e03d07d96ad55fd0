import type { ObjectStore, Runtime, StagedObject, Threads } from '../component/index.js'
import type { Batch, Position } from '../model/index.js'
import type { ObjectChain } from './chain.js'
import { closeLargest, rollMostDescribed, type CloseParts } from './close-largest.js'
import type { SinkCounts } from './counts.js'
import type { EmitEvent, RollReason } from './events.js'
import type { Share, Shares } from './ledger/share.js'
import { withRetry, type RetryContext } from './links/retry.js'
import type { MemoryBudget, Shrinkable } from './memory-budget.js'
import { describeObject } from './object-metadata.js'
import { keyTimeIn, nameAttempt } from './object-names.js'
import { OpenObject } from './open-object.js'
import { groupRowsByPartition } from './partition-rows.js'
import type { Delivery, PlannedObjectSink } from './plan.js'
import { Publisher } from './publisher.js'
import type { RejectRows } from './rejections.js'
import type { ScratchFile } from './scratch-file.js'
import { SerialQueue } from './serial-queue.js'

/** Objects older than their roll age are looked for this often, at most. */
const AGE_TICK_MS = 1_000

/** What an object sink needs to run. */
export interface ObjectSinkParts {
  readonly planned: PlannedObjectSink
  /** Open; the runner closes it. */
  readonly store: ObjectStore
  readonly delivery: Delivery
  readonly runtime: Runtime
  readonly shares: Shares
  readonly memory: MemoryBudget
  readonly scratch: ScratchFile
  readonly threads: Threads
  readonly counts: SinkCounts
  readonly retry: RetryContext
  readonly emit: EmitEvent
  /** Set where objects commit together, by a barrier: asks for one, in place of rolling an object of its own. */
  readonly requestBarrier?: () => void
  comparePositions(a: Position, b: Position): number
  failed(error: unknown): void
}

/**
 * Puts rows into the open object of their partition, and finishes objects by size, age or pressure.
 * A lane is a stream of batches that keeps the order of its shards; rows of different lanes never share an
 * object, so that a position in the ledger says the same for all rows before it.
 */
export class ObjectSinkRunner implements Shrinkable {
  private readonly store: ObjectStore
  private readonly queue = new SerialQueue()
  private readonly open = new Map<string, OpenObject>()
  /** Taken out, and not yet staged. */
  private readonly detached = new Set<OpenObject>()
  private readonly publisher: Publisher
  private readonly formatKeyTime: (ms: number) => string
  private stopTicking: (() => void) | undefined
  private lookingForAged = false

  constructor(private readonly parts: ObjectSinkParts) {
    const { planned, delivery, runtime, memory, retry, emit } = parts
    this.store = parts.store
    this.formatKeyTime = keyTimeIn(planned.sink.timeZone)
    this.publisher = new Publisher({
      sink: planned.name,
      delivery,
      store: this.store,
      emit,
      now: () => runtime.clock.now(),
      retry: (call) => withRetry(retry, call),
      metadata: (object) => this.metadata(object),
      giveUp: (object, upload) => this.giveUp(object, upload),
    })
    memory.add(this)
  }

  /** The sink's name in the pipeline. */
  get name(): string {
    return this.parts.planned.name
  }

  /** Starts rolling by age. */
  start(): void {
    if (this.parts.requestBarrier !== undefined) return
    const { clock } = this.parts.runtime
    const tickMs = Math.max(10, Math.min(AGE_TICK_MS, this.parts.planned.roll.ageMs / 4))
    this.stopTicking = clock.every(tickMs, () => this.rollAgedSoon())
  }

  /**
   * Resolves when the rows of the batch have left it; they are settled when their objects are published. `overflow`
   * takes the rows of partitions beyond those that may be active, where the sink bounds them.
   */
  accept(batch: Batch, rejections: RejectRows, lane = '', overflow?: RejectRows): Promise<void> {
    return this.queue.run(async () => {
      await this.place(batch, rejections, lane, overflow)
      batch.settle()
    })
  }

  /** Finishes all open objects, and resolves when they are published. */
  async drain(): Promise<void> {
    await this.queue.run(async () => {
      for (const object of [...this.open.values()]) this.roll(object, 'end')
    })
    await this.publisher.idle()
  }

  /** Takes the open objects out of the runner, for a commit of several as one; the caller has them staged by {@link stage}. */
  detach(): Promise<OpenObject[]> {
    return this.queue.run(async () => {
      const objects = [...this.open.values()]
      this.open.clear()
      for (const object of objects) this.detached.add(object)
      return objects
    })
  }

  /** Makes an object of a set durable that was taken out; it is still invisible. */
  async stage(object: OpenObject, set: ObjectChain['set']): Promise<StagedObject> {
    const staged = await object.stage(this.metadata(object, set))
    this.detached.delete(object)
    return staged
  }

  /** Finishes the open objects of a share. */
  rollShare(share: Share): Promise<void> {
    return this.queue.run(async () => this.finishOf(share))
  }

  /** Drops the open objects of a share that was lost, and resolves when none of it is on its way. */
  async abandon(share: Share): Promise<void> {
    await this.queue.run(async () => {
      for (const object of [...this.open.values()]) {
        if (object.share !== share) continue
        this.open.delete(object.id)
        await this.giveUp(object, 'remove')
      }
    })
    await this.publisher.idleOf(share)
  }

  /** Objects that take rows, and objects on their way to being published. */
  get openObjects(): number {
    return this.open.size + this.publisher.pending
  }

  get leavingBytes(): number {
    let bytes = this.publisher.memoryBytes
    for (const object of this.detached) bytes += object.memoryBytes
    for (const object of this.open.values()) bytes += object.leavingBytes
    return bytes
  }

  sizes(): readonly number[] {
    return Array.from(this.open.values(), (object) => object.closableBytes)
  }

  /** Moves encoded bytes to the scratch file, then closes row groups, the largest first; rolls objects only where that is not enough. */
  shrink(leastBytes: number): Promise<void> {
    return this.queue.run(() => this.relieve(leastBytes)).catch(this.parts.failed)
  }

  /** Stops timers and forgets what is open; nothing that was staged is touched. */
  async close(): Promise<void> {
    this.parts.memory.remove(this)
    this.stopTicking?.()
    await this.queue.idle()
    await this.publisher.idle()
    for (const object of this.open.values()) await this.removeUpload(object)
    this.open.clear()
    await this.store.close()
  }

  private metadata(object: OpenObject, set?: ObjectChain['set']): Readonly<Record<string, string>> {
    const { runtime, planned } = this.parts
    return describeObject(object, { pipeline: runtime.pipeline, sink: planned.name, ...(set === undefined ? {} : { set }) })
  }

  private async place(batch: Batch, rejections: RejectRows, lane: string, overflow: RejectRows | undefined): Promise<void> {
    if (batch.rowCount === 0) return
    const { planned, counts, shares } = this.parts
    const share = shares.of(batch.shard)
    if (share === undefined || share.state === 'lost') {
      counts.abandoned += batch.rowCount
      return
    }
    const assignment = planned.prefix.assign(batch)
    for (const { row, message } of assignment.rejected) {
      rejections.add(batch, row, { code: 'DynamicPartitioning.MetadataExtractionFailed', message })
    }
    counts.rejected += assignment.rejected.length
    for (const { partition, rows } of groupRowsByPartition(batch, assignment)) {
      const fresh = this.notYetPublished(share, batch, rows, `${this.ledgerSink(lane)}|${partition}`)
      counts.skipped += (rows === null ? batch.rows.rowCount : rows.length) - (fresh === null ? batch.rows.rowCount : fresh.length)
      if (fresh !== null && fresh.length === 0) continue
      if (overflow !== undefined && this.exceedsPartitions(objectId(share, lane, partition))) {
        counts.rejected += this.refusePartition(batch, fresh, overflow)
        continue
      }
      const object = this.objectOf(share, partition, lane, batch, fresh)
      object.append(batch, fresh)
      if (planned.roll.inputBytes !== undefined) object.inputBytes += payloadBytes(batch, fresh)
      if (object.blockFull) await this.ofShare(object, () => (this.parts.threads.count > 0 ? object.startBlock() : object.flushBlock()))
      if (this.isFull(object)) this.roll(object, 'size')
    }
    rejections.flush(batch)
    overflow?.flush(batch)
    if (share.state === 'leaving') this.finishOf(share)
  }

  /** Whether a partition would be one more than may be active: from its first row until its objects are published. */
  private exceedsPartitions(id: string): boolean {
    const { activePartitions } = this.parts.planned.sink
    return activePartitions !== undefined && !this.open.has(id) && this.openObjects >= activePartitions
  }

  private refusePartition(batch: Batch, rows: Int32Array | null, overflow: RejectRows): number {
    const count = rows === null ? batch.rows.rowCount : rows.length
    const message = `more than ${this.parts.planned.sink.activePartitions} partitions are active`
    for (let i = 0; i < count; i++) overflow.add(batch, rows === null ? i : rows[i], { code: 'DynamicPartitioning.ActivePartitionsExceeded', message })
    return count
  }

  /** The rows beyond what the ledger says this partition holds already; only a replay after a crash finds any. */
  private notYetPublished(share: Share, batch: Batch, rows: Int32Array | null, key: string): Int32Array | null {
    const ahead = share.session.replayed.get(batch.shard)?.[key]
    if (ahead === undefined) return rows
    const all = rows ?? Int32Array.from({ length: batch.rows.rowCount }, (_, row) => row)
    return all.filter((row) => this.parts.comparePositions(batch.positionAt(row), ahead) > 0)
  }

  private objectOf(share: Share, partition: string, lane: string, batch: Batch, rows: Int32Array | null): OpenObject {
    const id = objectId(share, lane, partition)
    const known = this.open.get(id)
    if (known !== undefined) return known
    const { planned, runtime, memory, scratch, threads, retry } = this.parts
    const { names } = share
    const oldestArrivalMs = batch.records.arrival(batch.recordAt(rows === null ? 0 : rows[0]))
    const identity = nameAttempt(names)
    const prefix = planned.prefix.keyPrefix(partition, { oldestArrivalMs, random: () => names.random() })
    const extension = planned.sink.fileExtension ?? planned.writer.extension
    const object = new OpenObject({
      id,
      share,
      partition,
      ledgerSink: this.ledgerSink(lane),
      key: `${prefix}${this.objectName(share)}-${this.formatKeyTime(oldestArrivalMs)}-${identity}${extension}`,
      properties: { contentType: planned.writer.contentType, contentEncoding: planned.writer.contentEncoding, identity },
      store: this.store,
      encoder: planned.writer.createObject(threads),
      scratch,
      memory,
      openedMs: runtime.clock.monotonic(),
      retry: (call) => withRetry(retry, call),
    })
    this.open.set(id, object)
    return object
  }

  /** What names of objects begin with: in Firehose's, the stream and its version. */
  private objectName({ names }: Share): string {
    const { planned, runtime } = this.parts
    return planned.sink.objectName ?? (names.style === 'uuid' ? `${runtime.pipeline}-1` : runtime.pipeline)
  }

  private isFull(object: OpenObject): boolean {
    const { sizeBytes, inputBytes } = this.parts.planned.roll
    if (this.parts.requestBarrier !== undefined) return false
    return object.encodedBytes >= sizeBytes || (inputBytes !== undefined && object.inputBytes >= inputBytes)
  }

  private roll(object: OpenObject, reason: RollReason): void {
    this.open.delete(object.id)
    this.parts.emit({ type: 'ObjectRolled', sink: this.parts.planned.name, partition: object.partition, reason, rows: object.rows })
    this.publisher.finish(object)
  }

  private finishOf(share: Share): void {
    for (const object of [...this.open.values()]) if (object.share === share) this.roll(object, 'end')
  }

  /** What goes wrong with an object of a share that can be lost is the share's failure: another worker may have removed its upload. */
  private async ofShare(object: OpenObject, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!this.parts.shares.byShard) throw error
      object.share.failed(error)
    }
  }

  /** Lets go of an object of a lost share: its rows are published, or read again, by whoever has the shard. */
  private async giveUp(object: OpenObject, upload: 'remove' | 'leave'): Promise<void> {
    this.parts.counts.abandoned += object.rows
    if (upload === 'remove') await this.removeUpload(object)
    object.releaseHolds()
  }

  private async removeUpload(object: OpenObject): Promise<void> {
    await object.abandon().catch((error: unknown) => {
      this.parts.runtime.log.warn('an unfinished upload could not be removed; the next start will', { key: object.key, error: String(error) })
    })
  }

  /** A look that still waits for its turn serves for this tick too. */
  private rollAgedSoon(): void {
    if (this.lookingForAged) return
    this.lookingForAged = true
    this.queue
      .run(async () => {
        this.lookingForAged = false
        this.rollAged()
      })
      .catch(this.parts.failed)
  }

  private rollAged(): void {
    const now = this.parts.runtime.clock.monotonic()
    for (const object of [...this.open.values()]) {
      if (now - object.openedMs >= this.parts.planned.roll.ageMs) this.roll(object, 'age')
    }
  }

  private async relieve(leastBytes: number): Promise<void> {
    const { memory, scratch, planned, emit } = this.parts
    const before = memory.usedBytes
    const parts: CloseParts = { memory, scratch, roll: (object) => this.rollEarly(object), write: (object, work) => this.ofShare(object, work) }
    await closeLargest([...this.open.values()], leastBytes, parts)
    rollMostDescribed([...this.open.values()], parts)
    if (memory.usedBytes < before) {
      emit({ type: 'PressureRelieved', sink: planned.name, usedBytes: memory.usedBytes, freedBytes: before - memory.usedBytes })
    }
  }

  /** Whether it rolled alone; objects that commit together roll together. */
  private rollEarly(object: OpenObject): boolean {
    const { requestBarrier } = this.parts
    if (requestBarrier !== undefined) {
      requestBarrier()
      return false
    }
    this.roll(object, 'pressure')
    return true
  }

  private ledgerSink(lane: string): string {
    return lane === '' ? this.parts.planned.name : `${this.parts.planned.name}:${lane}`
  }
}

function objectId(share: Share, lane: string, partition: string): string {
  return `${share.id}|${lane}|${partition}`
}

function payloadBytes(batch: Batch, rows: Int32Array | null): number {
  let bytes = 0
  const count = rows === null ? batch.rows.rowCount : rows.length
  for (let i = 0; i < count; i++) bytes += batch.records.payload(batch.recordAt(rows === null ? i : rows[i])).length
  return bytes
}

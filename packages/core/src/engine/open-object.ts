import type { ObjectEncoder, ObjectProperties, ObjectStore, ObjectUpload, StagedObject } from '../component/index.js'
import type { Batch, Hold, Position, ShardId } from '../model/index.js'
import type { Share } from './ledger/share.js'
import type { MemoryBudget } from './memory-budget.js'
import { PartBuffer } from './part-buffer.js'
import type { ScratchFile } from './scratch-file.js'

/** Parts are sent at this size, or at the store's least where that is larger. */
const PART_BYTES = 8 * 1024 * 1024

/** What an open object needs from the sink it belongs to. */
export interface OpenObjectParts {
  /** Its place among the open objects of the sink. */
  readonly id: string
  /** What its rows are committed by. */
  readonly share: Share
  readonly partition: string
  /** Name of the sink and lane in the ledger. */
  readonly ledgerSink: string
  readonly key: string
  readonly properties: ObjectProperties
  readonly store: ObjectStore
  readonly encoder: ObjectEncoder
  readonly scratch: ScratchFile
  readonly memory: MemoryBudget
  readonly openedMs: number
  /** Calls a store until it succeeds. */
  retry<T>(call: () => Promise<T>): Promise<T>
}

/** Positions of one shard in an object. */
export interface ObjectRange {
  first: Position
  last: Position
  /** Source records that gave rows. */
  records: number
  rows: number
}

/** An object that takes rows: encoded in blocks, sent in parts, invisible until it is published. One call at a time. */
export class OpenObject {
  readonly id: string
  readonly share: Share
  readonly partition: string
  readonly ledgerSink: string
  readonly key: string
  /** Name of this attempt, which no other object ever has. */
  readonly identity: string
  readonly openedMs: number
  readonly ranges = new Map<ShardId, ObjectRange>()
  rows = 0
  /** Payload bytes of the records that went in, for Firehose's size hint. */
  inputBytes = 0
  private readonly held: Hold[] = []
  private readonly parts: PartBuffer
  private upload: ObjectUpload | undefined
  private sentBytes = 0
  private chargedBytes = 0
  /** The block that is encoded while more rows come in; it ends when its bytes are with the parts. */
  private block: Promise<void> | undefined
  private blockBytes = 0
  private blockEncodedBytes = 0

  constructor(private readonly own: OpenObjectParts) {
    this.id = own.id
    this.share = own.share
    this.partition = own.partition
    this.ledgerSink = own.ledgerSink
    this.key = own.key
    this.identity = own.properties.identity
    this.openedMs = own.openedMs
    this.parts = new PartBuffer(own.scratch, own.memory)
  }

  /** Adds rows of a batch and holds its position until {@link releaseHolds}. */
  append(batch: Batch, rows: Int32Array | null): void {
    const count = rows === null ? batch.rows.rowCount : rows.length
    const first = batch.positionAt(rows === null ? 0 : rows[0])
    const last = batch.positionAt(rows === null ? count - 1 : rows[count - 1])
    const records = countRecords(batch, rows)
    const range = this.ranges.get(batch.shard)
    if (range === undefined) this.ranges.set(batch.shard, { first, last, records, rows: count })
    else {
      range.last = last
      range.records += records
      range.rows += count
    }
    batch.progress.retain()
    this.held.push(batch.progress)
    this.own.encoder.append(batch, rows)
    this.rows += count
    this.recharge()
  }

  /** Bytes of rows that are not encoded yet: what a flush would free. */
  get bufferedBytes(): number {
    return this.own.encoder.bufferedBytes
  }

  /** Bytes of memory that finishing and sending it would free. */
  get memoryBytes(): number {
    return this.chargedBytes + this.parts.memoryBytes
  }

  /** Bytes of a block that is being encoded: they leave memory without being asked. */
  get leavingBytes(): number {
    return this.blockBytes
  }

  /** Bytes that {@link spillParts} and {@link flushBlock} would move out of memory. */
  get closableBytes(): number {
    return this.own.encoder.bufferedBytes + this.parts.waitingBytes
  }

  /** Bytes that stay in memory until the object ends: what its end has to say of the blocks before. */
  get describedBytes(): number {
    return this.own.encoder.describedBytes ?? 0
  }

  /** Estimated size of the finished object. */
  get encodedBytes(): number {
    return this.sentBytes + this.parts.bytes + this.blockEncodedBytes + this.own.encoder.bufferedEncodedBytes
  }

  get blockFull(): boolean {
    return this.own.encoder.blockFull
  }

  /** Whether nothing has been sent to the store yet. */
  get unsent(): boolean {
    return this.upload === undefined
  }

  /** Encodes what is buffered, and sends parts that are full. */
  async flushBlock(): Promise<void> {
    if (this.block !== undefined) await this.blockDone()
    this.parts.add(await this.own.encoder.flush())
    this.recharge()
    await this.sendFull()
  }

  /** Begins to {@link flushBlock}: rows may be appended meanwhile, everything else waits for it. Waits for the block before. */
  async startBlock(): Promise<void> {
    if (this.block !== undefined) {
      await this.blockDone()
      await this.sendFull()
    }
    const { encoder } = this.own
    this.blockBytes = encoder.bufferedBytes
    this.blockEncodedBytes = encoder.bufferedEncodedBytes
    this.block = this.takeBlock(encoder.flush())
    // Whoever waits for the block is told.
    this.block.catch(() => undefined)
  }

  private async blockDone(): Promise<void> {
    const { block } = this
    this.block = undefined
    await block
  }

  private async takeBlock(encoded: Promise<readonly Uint8Array[]>): Promise<void> {
    try {
      this.parts.add(await encoded)
    } finally {
      this.blockBytes = 0
      this.blockEncodedBytes = 0
      this.recharge()
    }
  }

  /** Only between blocks: while one is on its way the object stays {@link unsent} or not, as who asked was told. */
  private async sendFull(): Promise<void> {
    const { minPartBytes } = this.own.store
    if (this.parts.bytes >= Math.max(minPartBytes, minPartBytes === 0 ? 1 : PART_BYTES)) await this.sendParts()
    else await this.parts.spill(true)
  }

  /** Moves encoded bytes that wait for a full part out of memory, where the scratch file has room. */
  async spillParts(): Promise<void> {
    if (this.block !== undefined) await this.blockDone()
    await this.parts.spill(false)
  }

  /** Ends the object and makes it durable, still invisible. */
  async stage(metadata: Readonly<Record<string, string>>): Promise<StagedObject> {
    await this.finishEncoding(metadata)
    if (this.parts.bytes > 0 || this.upload === undefined) await this.sendParts()
    const { upload } = this
    if (upload === undefined) throw new TypeError('nothing was sent')
    return this.own.retry(() => upload.stage())
  }

  /** Ends the object and makes it visible in one request; only while it is {@link unsent}. Returns its size. */
  async put(metadata: Readonly<Record<string, string>>): Promise<number> {
    await this.finishEncoding(metadata)
    const whole = await this.parts.take()
    await this.own.retry(() => this.own.store.put(this.key, whole, this.own.properties))
    this.parts.sent()
    return whole.length
  }

  /** The positions are durable. */
  releaseHolds(): void {
    for (const hold of this.held.splice(0)) hold.release()
  }

  /** Gives the object up; its positions stay held. */
  async abandon(): Promise<void> {
    // Whether it could be encoded is of no interest any more.
    if (this.block !== undefined) await Promise.allSettled([this.block])
    this.parts.discard()
    this.own.memory.release(this.chargedBytes)
    this.chargedBytes = 0
    await this.upload?.abort()
  }

  private async finishEncoding(metadata: Readonly<Record<string, string>>): Promise<void> {
    if (this.block !== undefined) await this.blockDone()
    this.parts.add(await this.own.encoder.finish(metadata))
    this.own.memory.release(this.chargedBytes)
    this.chargedBytes = 0
  }

  private async sendParts(): Promise<void> {
    const { store, key, properties, retry } = this.own
    const bytes = await this.parts.take()
    const upload = (this.upload ??= await retry(() => store.begin(key, properties)))
    if (bytes.length > 0) await retry(() => upload.write(bytes))
    this.sentBytes += bytes.length
    this.parts.sent()
  }

  private recharge(): void {
    const now = this.own.encoder.bufferedBytes + this.blockBytes + this.describedBytes
    if (now > this.chargedBytes) this.own.memory.charge(now - this.chargedBytes)
    else this.own.memory.release(this.chargedBytes - now)
    this.chargedBytes = now
  }
}

function countRecords(batch: Batch, rows: Int32Array | null): number {
  const count = rows === null ? batch.rows.rowCount : rows.length
  const { recordOfRow } = batch
  if (recordOfRow === null) return count
  let records = 0
  let previous = -1
  for (let i = 0; i < count; i++) {
    const record = recordOfRow[rows === null ? i : rows[i]]
    if (record !== previous) records += 1
    previous = record
  }
  return records
}

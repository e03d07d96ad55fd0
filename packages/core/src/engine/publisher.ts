import type { ObjectStore, StagedEntry, StagedObject } from '../component/index.js'
import { StandpipeError } from '../model/index.js'
import { ConcurrencyLimit } from './concurrency.js'
import type { EmitEvent } from './events.js'
import type { LedgerSession } from './ledger/session.js'
import type { Share } from './ledger/share.js'
import type { OpenObject } from './open-object.js'
import type { Delivery } from './plan.js'

const CONCURRENT_OBJECTS = 8
const DAY_MS = 86_400_000

/** Thrown when a staged object vanished in a live run: everything open is discarded and read again. */
export class RewindError extends Error {
  override readonly name = 'RewindError'
}

/** What a publisher needs from its sink. */
export interface PublisherParts {
  readonly sink: string
  readonly delivery: Delivery
  readonly store: ObjectStore
  readonly emit: EmitEvent
  now(): number
  retry<T>(call: () => Promise<T>): Promise<T>
  /** Called once for each object, in the order in which they were finished. */
  metadata(object: OpenObject): Readonly<Record<string, string>>
  /** Counts the rows of an object of a share that was lost as another worker's, and lets them go; removes its upload where it was never to be committed. */
  giveUp(object: OpenObject, upload: 'remove' | 'leave'): Promise<void>
}

/** An object on its way, and how far it came. */
interface ObjectDelivery {
  readonly object: OpenObject
  readonly metadata: Readonly<Record<string, string>>
  /** The delivery before it of the same partition. */
  readonly before: Promise<void> | undefined
  reached: 'staging' | 'committing' | 'published'
}

/**
 * Takes finished objects through stage, commit, publish and drop (design.md, "A file is the unit of commit"),
 * several at a time, and those of one partition one after another: a partition has at most one staged entry.
 */
export class Publisher {
  private readonly limit = new ConcurrencyLimit(CONCURRENT_OBJECTS)
  private readonly lastOfPartition = new Map<string, Promise<void>>()
  private readonly unfinished = new Map<Promise<void>, OpenObject>()

  constructor(private readonly parts: PublisherParts) {}

  /** Starts finishing an object that takes no more rows. */
  finish(object: OpenObject): void {
    const { share } = object
    const lane = `${share.id}|${object.ledgerSink}|${object.partition}`
    const before = this.lastOfPartition.get(lane)
    const metadata = this.parts.metadata(object)
    const delivery: ObjectDelivery = { object, metadata, before, reached: 'staging' }
    const done = this.limit
      .run(() => this.deliver(delivery))
      .catch((error: unknown) => share.failed(error))
      .then(async () => {
        // What may be committed of a lost share is finished by whoever has the shard, and must be left to it.
        if (share.state === 'lost' && delivery.reached !== 'published') await this.parts.giveUp(object, delivery.reached === 'staging' ? 'remove' : 'leave')
        this.unfinished.delete(done)
        if (this.lastOfPartition.get(lane) === done) this.lastOfPartition.delete(lane)
      })
    this.lastOfPartition.set(lane, done)
    this.unfinished.set(done, object)
  }

  /** Objects between their last row and their publication. */
  get pending(): number {
    return this.unfinished.size
  }

  /** Bytes of memory that those objects hold. */
  get memoryBytes(): number {
    let bytes = 0
    for (const object of this.unfinished.values()) bytes += object.memoryBytes
    return bytes
  }

  /** Resolves when no object of a share is on its way. */
  async idleOf(share: Share): Promise<void> {
    await Promise.all([...this.unfinished].filter(([, object]) => object.share === share).map(([done]) => done))
  }

  /** Resolves when every object given so far is published, or the run has failed. */
  async idle(): Promise<void> {
    while (this.unfinished.size > 0) await Promise.all(this.unfinished.keys())
  }

  private async deliver(delivery: ObjectDelivery): Promise<void> {
    const { object, metadata, before } = delivery
    const { store, retry } = this.parts
    if (this.parts.delivery === 'exactly-once') {
      const staged = await object.stage(metadata)
      await before
      if (object.share.state === 'lost') return
      delivery.reached = 'committing'
      await this.commitAndPublish(object, staged, delivery)
      return
    }
    await before
    if (object.share.state === 'lost') return
    let { bytes } = object.unsent ? { bytes: await object.put(metadata) } : { bytes: -1 }
    if (bytes < 0) {
      const staged = await object.stage(metadata)
      bytes = staged.bytes
      const outcome = await retry(() => store.publish(staged))
      if (outcome === 'vanished') throw new RewindError(`the upload of ${object.key} vanished`)
    }
    this.published(object, bytes)
    delivery.reached = 'published'
    object.share.session.commitLater((draft) => draft.countPublished({ sink: object.ledgerSink, partition: object.partition, rows: object.rows, ranges: Object.fromEntries(object.ranges) }))
    object.releaseHolds()
  }

  private async commitAndPublish(object: OpenObject, staged: StagedObject, delivery: Pick<ObjectDelivery, 'reached'>): Promise<void> {
    const { store, retry } = this.parts
    const ledger = object.share.session
    const lane = `${object.ledgerSink}|${object.partition}`
    let entry: StagedEntry | undefined
    await ledger.commit((draft) => {
      const ranges: Record<string, StagedEntry['ranges'][string]> = {}
      for (const [shard, range] of object.ranges) ranges[shard] = { ...range, replaced: draft.setAhead(shard, lane, range.last) }
      entry = { id: staged.identity, sink: object.ledgerSink, partition: object.partition, object: staged, rows: object.rows, ranges, stagedMs: this.parts.now() }
      draft.stage([entry])
    })
    if (object.share.state === 'lost') return
    const outcome = await retry(() => store.publish(staged))
    if (outcome === 'vanished') {
      await dropVanished(ledger, entry!, this.parts.now())
      throw new RewindError(`the staged object ${object.key} vanished`)
    }
    this.published(object, staged.bytes)
    delivery.reached = 'published'
    object.releaseHolds()
    await dropPublished(ledger, entry!)
  }

  private published(object: OpenObject, bytes: number): void {
    const { partition, key, rows } = object
    this.parts.emit({ type: 'ObjectPublished', sink: this.parts.sink, partition, key, rows, bytes })
  }
}

/** Removes the entry of a published object from the ledger, and counts it there. */
export async function dropPublished(ledger: LedgerSession, published: StagedEntry): Promise<void> {
  await ledger.commit((draft) => {
    if (draft.drop(published.id)) draft.countPublished(published)
  })
}

/**
 * Removes the entry of a vanished object, and takes back what it moved: its records will be read again.
 * Stores forget uploads after days at the earliest, so one that is younger was deleted by somebody, and
 * published objects may be next: COMMIT_LOST.
 */
export async function dropVanished(ledger: LedgerSession, vanished: StagedEntry, nowMs: number): Promise<void> {
  if (nowMs - vanished.stagedMs < DAY_MS) {
    throw new StandpipeError(`the staged object ${vanished.object.key} is gone though it is younger than a day: someone deletes staged or published objects`, {
      code: 'COMMIT_LOST',
    })
  }
  const lane = `${vanished.sink}|${vanished.partition}`
  await ledger.commit((draft) => {
    if (!draft.drop(vanished.id)) return
    for (const [shard, range] of Object.entries(vanished.ranges)) draft.setAhead(shard, lane, range.replaced)
  })
}

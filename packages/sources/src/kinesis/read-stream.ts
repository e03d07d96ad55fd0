import { formatKinesisPosition, type HashKeyRange, type KinesisStream, type ShardStart } from '@standpipe/aws'
import { StandpipeError, type Position, type ShardId, type SourceEvent, type SourceRuntime } from '@standpipe/core'
import { persist } from './backoff.js'
import { Outbox } from './outbox.js'
import type { PlannedShard } from './plan-shards.js'
import type { FeedParts, ShardFeed } from './shard-feed.js'
import { ShardReports } from './shard-reports.js'
import { passGap, ShardResume, type GapParts, type OnGap } from './shard-resume.js'
import { ShardSet } from './shard-set.js'
import { readShard, type ShardTaskParts, type Unpacking } from './shard-task.js'
import { resolveStart, type PlaceOfShard, type StreamStart } from './stream-start.js'

/** What reading a stream needs. */
export interface StreamReading {
  readonly stream: KinesisStream
  readonly runtime: SourceRuntime
  readonly start: StreamStart
  readonly onGap: OnGap
  /** From one listing of the shards to the next. */
  readonly discoverMs: number
  readonly unpacking: Unpacking
  /** Called once, before the first feed: what they all need. */
  prepare(signal: AbortSignal): Promise<void>
  createFeed(parts: FeedParts): ShardFeed
}

/** From one listing to the next, while a shard has ended and those that continue it are not listed yet. */
const CHILDREN_MS = 1000

/** Reads all shards of a stream, each to its end before those that continue it, until the pipeline stops. */
export async function* readStream(reading: StreamReading): AsyncGenerator<SourceEvent> {
  const { runtime } = reading
  const stop = AbortSignal.any([runtime.stopping, runtime.signal])
  if (stop.aborted) return
  const closing = new AbortController()
  const reader = new StreamReader(reading, AbortSignal.any([stop, closing.signal]))
  try {
    reader.run()
    for (let event = await reader.outbox.take(stop); event !== undefined; event = await reader.outbox.take(stop)) yield event
  } finally {
    const ended = new Error('reading has ended')
    closing.abort(ended)
    reader.outbox.close(ended)
    await reader.done()
  }
}

/** The tasks that read a stream: one that looks for shards, and one for each shard that is being read. */
class StreamReader {
  readonly outbox = new Outbox()
  private readonly shards: ShardSet
  private readonly reports: ShardReports
  private readonly tasks = new Set<Promise<void>>()
  /** Shards that ended, while what continues them is not listed. */
  private readonly childless = new Set<ShardId>()
  private place: PlaceOfShard | undefined
  private retentionMs = 0

  constructor(
    private readonly reading: StreamReading,
    private readonly signal: AbortSignal,
  ) {
    this.shards = new ShardSet(reading.runtime, reading.start.kind)
    this.reports = new ShardReports(reading.runtime)
  }

  /** Begins to read; the outbox tells of the first failure. */
  run(): void {
    this.spawn(() => this.discover())
  }

  /** Resolves when nothing runs any more, once the signal is aborted. */
  async done(): Promise<void> {
    while (this.tasks.size > 0) await Promise.all(this.tasks)
  }

  private spawn(work: () => Promise<void>): void {
    const task: Promise<void> = work()
      .catch((error: unknown) => {
        if (!this.signal.aborted) this.outbox.fail(error)
      })
      .finally(() => this.tasks.delete(task))
    this.tasks.add(task)
  }

  private async discover(): Promise<void> {
    const { stream, runtime, discoverMs } = this.reading
    const { retentionMs, createdMs } = await this.persist(() => stream.describe(this.signal))
    this.retentionMs = retentionMs
    refuseOtherStream(stream.stream, createdMs, runtime)
    await this.reading.prepare(this.signal)
    for (;;) {
      this.shards.list(await this.persist(() => stream.listShards(this.signal)))
      await this.endExpired()
      await this.startShards()
      for (const shard of this.childless) if (this.shards.hasChild(shard)) this.childless.delete(shard)
      await runtime.clock.sleep(this.childless.size > 0 ? Math.min(CHILDREN_MS, discoverMs) : discoverMs, this.signal)
    }
  }

  private async endExpired(): Promise<void> {
    const { runtime } = this.reading
    for (const shard of this.shards.expired()) {
      const message = `${shard} was not read to its end, and the service has forgotten it: what was left of it is lost`
      passGap(this.gaps, { shard, after: runtime.checkpoint(shard) ?? '', message })
      await this.outbox.put({ kind: 'shardEnd', shard })
      this.shards.ended(shard)
    }
  }

  private async startShards(): Promise<void> {
    const { stream, start } = this.reading
    const resumes = !this.shards.isFirst
    const planned = this.shards.startable()
    if (planned.some(({ from }) => from === 'start')) {
      this.place ??= await this.persist(() => resolveStart(start, stream, this.shards.listing, resumes, this.signal))
    }
    const opened = planned.map((shard) => this.open(shard))
    for (const opening of opened) {
      this.spawn(async () => {
        const shard = await opening
        // That all of them were opened has to be known before a record of any: what is not known begins with the latest again.
        if (start.kind === 'latest') await Promise.all(opened)
        await this.read(shard)
      })
    }
  }

  private async open({ shardId, from, hashKeys }: PlannedShard): Promise<OpenShard> {
    const { runtime } = this.reading
    this.reports.opened(shardId)
    const checkpoint = runtime.checkpoint(shardId)
    if (from === 'checkpoint' && checkpoint !== undefined) return this.resume(shardId, hashKeys, checkpoint)
    const place = from === 'start' ? this.place?.(shardId) : undefined
    const start = place ?? { type: 'oldest' }
    const feed = this.createFeed(shardId, start)
    const openedMs = await feed.open()
    if (start.type === 'latest') await this.notePassed(shardId, openedMs)
    return { shardId, hashKeys, feed, after: undefined, check: () => undefined }
  }

  private async resume(shardId: ShardId, hashKeys: HashKeyRange, checkpoint: Position): Promise<OpenShard> {
    const resume = new ShardResume(this.gaps, shardId, checkpoint)
    const open = async (start: ShardStart): Promise<OpenShard> => {
      const feed = this.createFeed(shardId, start)
      await feed.open()
      return { shardId, hashKeys, feed, after: resume.after, check: (page) => resume.check(page) }
    }
    try {
      return await open(resume.start)
    } catch (error) {
      return open(resume.refused(error))
    }
  }

  private async read(shard: OpenShard): Promise<void> {
    const { shardId } = shard
    const { outbox, reports } = this
    const { runtime, unpacking } = this.reading
    const children = await readShard({ ...shard, outbox, reports, runtime, unpacking })
    this.shards.ended(shardId)
    this.shards.addChildren(children)
    if (!this.shards.hasChild(shardId)) {
      this.childless.add(shardId)
      this.shards.list(await this.persist(() => this.reading.stream.listShards(this.signal)))
    }
    await this.startShards()
  }

  private notePassed(shard: ShardId, untilMs: number): Promise<void> {
    return this.outbox.put({ kind: 'passed', shard, position: formatKinesisPosition({ sequenceNumber: '', untilMs }), arrivalMs: untilMs })
  }

  private createFeed(shardId: ShardId, start: ShardStart): ShardFeed {
    const { stream, runtime, createFeed } = this.reading
    const { clock, log, batchBytes } = runtime
    return createFeed({ stream, shardId, start, clock, log, batchBytes, signal: this.signal, report: (report) => this.reports.counted(shardId, report) })
  }

  private get gaps(): GapParts {
    const { onGap, runtime } = this.reading
    return { onGap, runtime, retentionMs: this.retentionMs }
  }

  private persist<T>(work: () => Promise<T>): Promise<T> {
    const { clock, log } = this.reading.runtime
    return persist({ clock, log, signal: this.signal }, work)
  }
}

type OpenShard = Pick<ShardTaskParts, 'shardId' | 'hashKeys' | 'feed' | 'after' | 'check'>

/** A stream of the same name that was made later: its positions have nothing to do with those of the ledger. */
function refuseOtherStream(stream: string, createdMs: number | undefined, runtime: SourceRuntime): void {
  if (createdMs === undefined) return
  for (const shard of runtime.knownShards) {
    const arrivalMs = runtime.checkpointArrivalMs?.(shard)
    if (arrivalMs === undefined || arrivalMs >= createdMs) continue
    throw new StandpipeError(
      `the stream ${stream} was made at ${new Date(createdMs).toISOString()}, after the record at the checkpoint of ${shard} came: it is another stream; \`standpipe reset\` begins anew`,
      { code: 'SOURCE_DATA_CORRUPT', component: 'kinesis' },
    )
  }
}

import type { ShardReport } from '../component/index.js'
import type { ShardId } from '../model/index.js'
import { DEAD_LETTER_SINK } from './dead-letter.js'
import type { EngineEvent } from './events.js'

/** What became of the rows that reached one place: a sink, or the stretch before the sinks. */
export interface StageCounts {
  /** Rows made beyond those that came in (`explode`). */
  added: number
  /** Rows dropped on purpose (`filter`, `sample`). */
  dropped: number
  /** Rows whose record went to the dead letters. */
  rejected: number
  /** Rows that went into the state of an operator (`aggregate`); what comes out of it is `added`. */
  folded: number
}

/** What one sink did. */
export interface SinkCounts extends StageCounts {
  /** Rows that are durable and visible on the other side. */
  delivered: number
  /** Rows that an earlier run had published already; skipped when read again. */
  skipped: number
  /** Rows that were given up on their way, and are read again: before a rewind, or by another worker that took their shard over. */
  abandoned: number
  objects: number
  objectBytes: number
  retries: number
}

/** How reading a shard goes, of sources that tell. */
export interface ShardCounts {
  records: number
  bytes: number
  /** How far reading is behind the newest record, in milliseconds; undefined where that is not known. */
  behindMs: number | undefined
  throttled: number
  misplaced: number
}

/** What a run did so far. For every sink: read + added = delivered + skipped + abandoned + dropped + rejected + folded, the stretch before it included. */
export class Counts {
  recordsRead = 0
  bytesRead = 0
  unknownFields = 0
  mismatches = 0
  readonly before: StageCounts = { added: 0, dropped: 0, rejected: 0, folded: 0 }
  readonly sinks = new Map<string, SinkCounts>()
  /** Shards that the source reports on; a source of many thousand files does not. */
  readonly shards = new Map<ShardId, ShardCounts>()
  /** Gaps over which reading went on: records that may be lost. */
  gaps = 0
  /** Dead letters by `stage code`, with one example each. */
  readonly rejections = new Map<string, { readonly stage: string; readonly code: string; records: number; readonly example: string }>()

  constructor(sinkNames: readonly string[]) {
    for (const name of [...sinkNames, DEAD_LETTER_SINK]) {
      this.sinks.set(name, { added: 0, dropped: 0, rejected: 0, folded: 0, delivered: 0, skipped: 0, abandoned: 0, objects: 0, objectBytes: 0, retries: 0 })
    }
  }

  /** Counts of a sink of this pipeline, or of the dead letters. */
  sink(name: string): SinkCounts {
    const counts = this.sinks.get(name)
    if (counts === undefined) throw new RangeError(`no sink \`${name}\``)
    return counts
  }

  /** Takes in what an event says. */
  observe(event: EngineEvent): void {
    switch (event.type) {
      case 'BatchRead':
        this.recordsRead += event.records
        this.bytesRead += event.bytes
        this.countShard(event)
        return
      case 'ShardReported':
        this.reportShard(event)
        return
      case 'GapPassed':
        this.gaps += 1
        return
      case 'ObjectPublished': {
        const sink = this.sink(event.sink)
        sink.objects += 1
        sink.objectBytes += event.bytes
        sink.delivered += event.rows
        return
      }
      case 'BatchWritten':
        this.sink(event.sink).delivered += event.rows
        return
      case 'RetryScheduled': {
        const sink = this.sinks.get(event.component)
        if (sink !== undefined) sink.retries += 1
        return
      }
      case 'RecordsRejected': {
        const key = `${event.stage} ${event.code}`
        const known = this.rejections.get(key)
        if (known === undefined) this.rejections.set(key, { stage: event.stage, code: event.code, records: event.records, example: event.example })
        else known.records += event.records
        return
      }
      default:
    }
  }

  private countShard({ shard, records, bytes }: Extract<EngineEvent, { type: 'BatchRead' }>): void {
    const counts = this.shards.get(shard)
    if (counts === undefined) return
    counts.records += records
    counts.bytes += bytes
  }

  private reportShard({ shard, behindMs, throttled = 0, misplaced = 0 }: ShardReport): void {
    let counts = this.shards.get(shard)
    if (counts === undefined) this.shards.set(shard, (counts = { records: 0, bytes: 0, behindMs: undefined, throttled: 0, misplaced: 0 }))
    if (behindMs !== undefined) counts.behindMs = behindMs
    counts.throttled += throttled
    counts.misplaced += misplaced
  }

  /** Everything on its way was given up, and will be read again. */
  abandonInFlight(): void {
    for (const [name, sink] of this.sinks) if (name !== DEAD_LETTER_SINK) sink.abandoned += this.unaccounted(name)
  }

  /** How many rows are not accounted for at a sink: in flight while running, 0 after a drain. */
  unaccounted(name: string): number {
    const sink = this.sink(name)
    const { before } = this
    const came = this.recordsRead + before.added + sink.added
    return came - before.dropped - before.rejected - before.folded - sink.dropped - sink.rejected - sink.folded - sink.delivered - sink.skipped - sink.abandoned
  }
}

import type { ShardId, ShardReport, SourceRuntime } from '@standpipe/core'

/** From one report of a shard to the next, unless it has something new to say. */
const REPORT_MS = 1000

interface Told {
  atMs: number
  behindMs: number | undefined
}

/** Tells how reading each shard goes, no more often than people look. */
export class ShardReports {
  private readonly told = new Map<ShardId, Told>()
  private readonly warned = new Set<ShardId>()

  constructor(private readonly runtime: Pick<SourceRuntime, 'clock' | 'log' | 'report'>) {}

  /** Reading of the shard begins. */
  opened(shard: ShardId): void {
    this.told.set(shard, { atMs: -Infinity, behindMs: undefined })
    this.runtime.report?.({ shard })
  }

  /** How far reading is behind the newest record. */
  behind(shard: ShardId, behindMs: number): void {
    const now = this.runtime.clock.monotonic()
    const told = this.told.get(shard)
    if (told === undefined || told.behindMs === behindMs || now - told.atMs < REPORT_MS) return
    this.told.set(shard, { atMs: now, behindMs })
    this.runtime.report?.({ shard, behindMs })
  }

  /** Records whose key belongs to another shard were given all the same. The first time it is logged. */
  misplaced(shard: ShardId, records: number): void {
    if (!this.warned.has(shard)) {
      this.warned.add(shard)
      this.runtime.log.warn('records in aggregates belong to another shard by their key; they are delivered, and may overtake others of their key', { shard })
    }
    this.counted(shard, { misplaced: records })
  }

  /** Something happened that is counted. */
  counted(shard: ShardId, report: Omit<ShardReport, 'shard' | 'behindMs'>): void {
    this.runtime.report?.({ shard, ...report })
  }
}

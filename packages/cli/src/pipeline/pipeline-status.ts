import { ledgerFolder, readLedger, type LedgerDocument, type Plan, type Position, type SinkTotals } from '@standpipe/core'

/** How far one shard is. */
export interface ShardStatus {
  readonly shard: string
  /** Everything up to it is settled; null before the first checkpoint. */
  readonly checkpoint: Position | null
  /** Arrival time of the record at the checkpoint, ISO 8601. */
  readonly arrival: string | null
  readonly ended: boolean
  /** Partitions that are published beyond the checkpoint. */
  readonly ahead: number
  /** Bytes that are not read yet, where the source knows. */
  readonly leftBytes?: number
}

/** What a pipeline's ledger says. */
export interface PipelineStatus {
  readonly pipeline: string
  /** Where the ledger is. */
  readonly ledger: string
  /** Null where the pipeline has not run yet, or was reset. */
  readonly state: {
    readonly id: string
    readonly epoch: number
    /** Whether the ledger stands for the configuration of the file, as far as partitions and row counts go. */
    readonly configuration: 'same' | 'changed'
    readonly shards: readonly ShardStatus[]
    readonly staged: readonly { readonly sink: string; readonly partition: string; readonly key: string; readonly rows: number; readonly since: string }[]
    readonly totals: LedgerDocument['totals']
  } | null
}

/** Reads a pipeline's ledger, without taking it over. */
export async function readStatus(plan: Plan): Promise<PipelineStatus> {
  const document = await readLedger(plan)
  const place = { pipeline: plan.name, ledger: ledgerFolder(plan) }
  if (document === undefined) return { ...place, state: null }
  const shards = await Promise.all(Object.entries(document.shards).map(([shard, state]) => shardStatus(plan, shard, state)))
  return {
    ...place,
    state: {
      id: document.id,
      epoch: document.epoch,
      configuration: document.fingerprint === plan.fingerprint ? 'same' : 'changed',
      shards,
      staged: document.staged.map(({ sink, partition, object, rows, stagedMs }) => ({ sink, partition, key: object.key, rows, since: isoTime(stagedMs) })),
      totals: document.totals,
    },
  }
}

async function shardStatus(plan: Plan, shard: string, { checkpoint, arrivalMs, ended = false, ahead }: LedgerDocument['shards'][string]): Promise<ShardStatus> {
  const leftBytes = await plan.source.source.leftBytes?.(shard, checkpoint)
  return {
    shard,
    checkpoint: checkpoint ?? null,
    arrival: arrivalMs === undefined ? null : isoTime(arrivalMs),
    ended,
    ahead: Object.keys(ahead).length,
    ...(leftBytes === undefined ? {} : { leftBytes }),
  }
}

/** Objects, records and rows over all lanes of the sinks. */
export function sumTotals(totals: Readonly<Record<string, SinkTotals>>): { readonly objects: number; readonly rows: number } {
  const all = Object.values(totals)
  return { objects: all.reduce((sum, { objects }) => sum + objects, 0), rows: all.reduce((sum, { rows }) => sum + rows, 0) }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}

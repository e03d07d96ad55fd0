import { z } from 'zod'
import type { LaneEnds } from '../component/index.js'
import type { Position, ShardId } from '../model/index.js'
import { moveEnds } from './ledger/lane-ends.js'
import type { ObjectRange } from './open-object.js'

/** Name of the chain in an object's metadata: a key of the Parquet footer. */
export const CHAIN_METADATA = 'standpipe.chain'

const CHAIN_VERSION = 1

/**
 * Stands in the place of a shard where objects are committed as a set (design.md, "Aligned commits"): what operators
 * with state made stands at no position of a source, so its chain goes from set to set, by their numbers.
 */
export const SETS_SHARD = '(sets)'

/** The records of one shard in an object: those in `(after, last]` that belong into its partition. */
export interface ChainLink {
  /** Where the object before it ends, of the same sink lane, partition and shard; null where the chain starts. */
  readonly after: Position | null
  readonly first: Position
  readonly last: Position
  /** Source records that gave rows. */
  readonly records: number
  readonly rows: number
}

/** What an object says of its place among the others, so that a missing or doubled one shows. */
export interface ObjectChain {
  readonly pipeline: string
  /** The ledger's id; another one after a reset. */
  readonly ledger: string
  /** The attempt that wrote it: two objects of one name are copies. */
  readonly object: string
  /** Name of the sink, or `sink:lane`. */
  readonly sink: string
  readonly partition: string
  readonly rows: number
  readonly shards: Readonly<Record<ShardId, ChainLink>>
  /** Of an object that was committed with others: the number of its set, and how many objects of it belong to this sink. */
  readonly set?: { readonly number: number; readonly objects: number }
}

/** The chain as metadata: JSON with a version. */
export function formatChain(chain: ObjectChain): string {
  return JSON.stringify({ version: CHAIN_VERSION, ...chain })
}

const stored = z.object({
  version: z.literal(CHAIN_VERSION),
  pipeline: z.string(),
  ledger: z.string(),
  object: z.string(),
  sink: z.string(),
  partition: z.string(),
  rows: z.number(),
  shards: z.record(
    z.string(),
    z.object({ after: z.string().nullable(), first: z.string(), last: z.string(), records: z.number(), rows: z.number() }),
  ),
  set: z.object({ number: z.number(), objects: z.number() }).optional(),
})

/** Orders two positions in a chain: those of a shard as the source does, sets by their numbers. */
export function compareInChain(shard: ShardId, a: Position, b: Position, comparePositions: (a: Position, b: Position) => number): number {
  return shard === SETS_SHARD ? Number(a) - Number(b) : comparePositions(a, b)
}

/** Where an object stands that is committed with others, as the one record of a shard: rows, and the records they came from. */
export function rangeOfSet(set: number, ranges: ReadonlyMap<ShardId, ObjectRange>): ReadonlyMap<ShardId, ObjectRange> {
  let records = 0
  let rows = 0
  for (const range of ranges.values()) {
    records += range.records
    rows += range.rows
  }
  return new Map([[SETS_SHARD, { first: String(set), last: String(set), records, rows }]])
}

/** Reads what {@link formatChain} wrote; undefined for anything else, also of a later version. */
export function parseChain(text: string): ObjectChain | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
  const parsed = stored.safeParse(value)
  if (!parsed.success) return undefined
  const { version: _, ...chain } = parsed.data
  return chain as ObjectChain
}

/** The ends of all lanes of a sink, staged objects included: where the next object of each goes on. */
export class ChainEnds {
  private readonly ends: Record<string, LaneEnds[string]>

  /** Begins with what the ledger remembers. */
  constructor(remembered: LaneEnds) {
    this.ends = { ...remembered }
  }

  /** The links of an object that follows all objects of its lane (`sink|partition`) so far. */
  link(lane: string, ranges: ReadonlyMap<ShardId, ObjectRange>): Record<ShardId, ChainLink> {
    const known = new Map(this.ends[lane])
    moveEnds(this.ends, lane, Array.from(ranges, ([shard, { last }]) => [shard, last] as const))
    return Object.fromEntries(Array.from(ranges, ([shard, range]) => [shard, { after: known.get(shard) ?? null, ...range }]))
  }
}

import type { AlignedState, LedgerChange, LedgerDocument, ShardEnds, ShardState, StagedEntry } from '../../component/index.js'
import type { Position, ShardId } from '../../model/index.js'
import { ChangeNotes } from './change-notes.js'
import { moveEnds } from './lane-ends.js'
import { Totals } from './totals.js'

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }
type MutableShard = Mutable<Omit<ShardState, 'ahead'>> & { ahead: Record<string, Position> }

/** What one commit may do to the ledger. */
export type LedgerDraft = Pick<LedgerState, 'document' | 'setAhead' | 'stage' | 'drop' | 'countPublished' | 'setAligned' | 'rewindTo'>

/**
 * A document that changes in place, and keeps account of what changed since that was last taken: so a save costs
 * what it changes, however many shards there are.
 */
export class LedgerState {
  /** As it is now, with what is not saved yet. */
  readonly document: LedgerDocument
  /** Shards in the document. */
  shardCount: number
  private readonly mutable: Mutable<LedgerDocument>
  private shards: Record<ShardId, MutableShard>
  private readonly ends: Record<string, ShardEnds>
  private readonly totals: Totals
  private notes = new ChangeNotes()
  /** The notes do not tell everything. */
  private changedWhole = false

  constructor(document: LedgerDocument) {
    this.shards = copyShards(document.shards)
    this.shardCount = Object.keys(this.shards).length
    this.ends = { ...document.ends }
    this.totals = new Totals(document.totals)
    this.mutable = { ...document, shards: this.shards, ends: this.ends, totals: this.totals.record }
    this.document = this.mutable
  }

  /** The document as it is now, which does not change with this one. */
  snapshot(): LedgerDocument {
    return { ...this.document, shards: copyShards(this.shards), ends: { ...this.ends }, totals: structuredClone(this.totals.record) }
  }

  /** Names the version that the next save makes. */
  name({ epoch, seq, writeId }: Pick<LedgerDocument, 'epoch' | 'seq' | 'writeId'>): void {
    Object.assign(this.mutable, { epoch, seq, writeId })
  }

  /** Takes another configuration over. */
  adopt({ fingerprint, configuration }: Pick<LedgerDocument, 'fingerprint' | 'configuration'>): void {
    Object.assign(this.mutable, { fingerprint, configuration })
    this.changedWhole = true
  }

  /** Sets how far a lane (`sink|partition`) is published beyond the checkpoint of a shard; undefined: not at all. Gives what it was. */
  setAhead(shard: ShardId, lane: string, position: Position | undefined): Position | undefined {
    const { ahead } = this.shard(shard)
    const before = ahead[lane] as Position | undefined
    if (position === undefined) delete ahead[lane]
    else ahead[lane] = position
    const notes = this.notes.shard(shard)
    notes.ahead = notes.ahead ?? {}
    notes.ahead[lane] = position ?? null
    return before
  }

  /** Moves the checkpoint of a shard, and forgets what it has passed. */
  moveCheckpoint(shard: ShardId, position: Position, arrivalMs: number | undefined, comparePositions: (a: Position, b: Position) => number): void {
    const state = this.shard(shard)
    state.checkpoint = position
    state.arrivalMs = arrivalMs
    Object.assign(this.notes.shard(shard), { checkpoint: position, arrivalMs })
    for (const [lane, ahead] of Object.entries(state.ahead)) {
      if (comparePositions(ahead, position) <= 0) this.setAhead(shard, lane, undefined)
    }
  }

  /** Notes that a shard was read to its end, and that all of it is settled. */
  endShard(shard: ShardId): void {
    this.shard(shard).ended = true
    this.notes.shard(shard).ended = true
  }

  /** Adds entries of objects that are staged. */
  stage(entries: readonly StagedEntry[]): void {
    this.mutable.staged = [...this.document.staged, ...entries]
    this.notes.staged.push(...entries)
  }

  /** Removes an entry; false where there is none of that id. */
  drop(id: string): boolean {
    const { staged } = this.document
    if (!staged.some((entry) => entry.id === id)) return false
    this.mutable.staged = staged.filter((entry) => entry.id !== id)
    this.notes.dropped.push(id)
    return true
  }

  /** Counts an object that is published, and moves the ends of its lane. Goes with the change that makes it certain. */
  countPublished(published: Pick<StagedEntry, 'sink' | 'partition' | 'rows' | 'ranges'>): void {
    const { sink, partition, ranges } = published
    const ends = Object.entries(ranges).map(([shard, { last }]) => [shard, last] as const)
    moveEnds(this.ends, `${sink}|${partition}`, ends)
    this.notes.ends.push([`${sink}|${partition}`, ends])
    this.totals.count(published, (shard) => (this.shards[shard] as ShardState | undefined)?.ended === true, this.notes)
  }

  /** Sets what operators with state commit; undefined where there are none any more. */
  setAligned(aligned: AlignedState | undefined): void {
    this.mutable.aligned = aligned
    this.notes.aligned = aligned ?? null
  }

  /** Goes back to shards as they were. */
  rewindTo(shards: LedgerDocument['shards']): void {
    this.shards = copyShards(shards)
    this.mutable.shards = this.shards
    this.shardCount = Object.keys(this.shards).length
    this.changedWhole = true
  }

  /** Does what a change says: a document, and all changes after it in their order, give the document of now. */
  apply({ shards = {}, staged = [], dropped = [], ends = [], totals = {}, aligned, ...version }: LedgerChange): void {
    this.name(version)
    for (const [shard, { ahead = {}, ...state }] of Object.entries(shards)) {
      Object.assign(this.shard(shard), state)
      for (const [lane, position] of Object.entries(ahead)) this.setAhead(shard, lane, position ?? undefined)
    }
    this.stage(staged)
    for (const id of dropped) this.drop(id)
    for (const [lane, moved] of ends) moveEnds(this.ends, lane, moved)
    for (const [sink, change] of Object.entries(totals)) this.totals.apply(sink, change)
    if (aligned !== undefined) this.setAligned(aligned ?? undefined)
    this.takeChange()
  }

  /** What changed since this was last called; undefined where that cannot be told by parts, and the document has to be saved whole. */
  takeChange(): LedgerChange | undefined {
    const change = this.changedWhole ? undefined : this.notes.toChange(this.document)
    this.notes = new ChangeNotes()
    this.changedWhole = false
    return change
  }

  private shard(shard: ShardId): MutableShard {
    const known = this.shards[shard] as MutableShard | undefined
    if (known !== undefined) return known
    this.shardCount += 1
    return (this.shards[shard] = { ahead: {} })
  }
}

/** Without a prototype, so that no name of a shard is taken for something else. */
function copyShards(shards: Readonly<Record<ShardId, ShardState>>): Record<ShardId, MutableShard> {
  const copy = Object.create(null) as Record<ShardId, MutableShard>
  for (const [shard, state] of Object.entries(shards)) copy[shard] = { ...state, ahead: { ...state.ahead } }
  return copy
}

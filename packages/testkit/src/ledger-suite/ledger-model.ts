import type { LedgerChange, LedgerDocument, PublishedCounts, ShardState, StagedEntry } from '@standpipe/core/component'
import type { ShardId } from '@standpipe/core/model'
import type { SeededRandom } from '../simulation/seeded-random.js'

/** A document without shards. */
export function documentAt(epoch: number, seq: number, more: Partial<LedgerDocument> = {}): LedgerDocument {
  return {
    format: 2,
    pipeline: 'press-telemetry',
    id: 'ledger-1',
    epoch,
    seq,
    writeId: `w:${epoch}:${seq}`,
    fingerprint: 'f1',
    configuration: 'name: press-telemetry\n# Gießen, 부산\n',
    shards: {},
    staged: [],
    ends: {},
    totals: {},
    ...more,
  }
}

/** An entry with everything that an entry may have. */
export function entryOf(id: string, shards: readonly ShardId[]): StagedEntry {
  const ranges = shards.map((shard, i) => [shard, { first: '10', last: '19', ...(i === 0 ? { replaced: '5' } : {}), records: 10, rows: 12 }] as const)
  return {
    id,
    sink: 'lake',
    partition: 'plant=부산/dt=2026-03-01',
    object: { key: `plant=부산/dt=2026-03-01/${id}.parquet`, identity: id, bytes: 5_242_881, upload: { id: 'u|=/+', parts: [{ number: 1, tag: '"a"' }], nothing: null, small: true } },
    rows: 12,
    stagedMs: 1_772_323_200_123,
    ranges: Object.fromEntries(ranges),
  }
}

/** What a change makes of a document: a second account of it, plainer than the engine's. */
export function changed(document: LedgerDocument, change: LedgerChange): LedgerDocument {
  const { epoch, seq, writeId, shards = {}, staged = [], dropped = [], ends = [], totals = {}, aligned } = change
  const next = structuredClone({ ...document, epoch, seq, writeId }) as { -readonly [Key in keyof LedgerDocument]: LedgerDocument[Key] }
  const stateOf = (shard: ShardId): ShardState => next.shards[shard] ?? { ahead: {} }
  for (const [shard, { ahead = {}, ...state }] of Object.entries(shards)) {
    next.shards = { ...next.shards, [shard]: { ...stateOf(shard), ...state, ahead: withoutNull({ ...stateOf(shard).ahead, ...ahead }) } }
  }
  next.staged = [...next.staged, ...staged].filter(({ id }) => !dropped.includes(id))
  for (const [lane, moved] of ends) {
    const names = moved.map(([shard]) => shard)
    next.ends = { ...next.ends, [lane]: [...(next.ends[lane] ?? []).filter(([shard]) => !names.includes(shard)), ...moved] }
  }
  for (const [sink, { shards: counts, ...total }] of Object.entries(totals)) {
    next.totals = { ...next.totals, [sink]: { ...next.totals[sink], ...total, shards: withoutNull({ ...next.totals[sink]?.shards, ...counts }) } }
  }
  if (aligned === null) delete next.aligned
  else if (aligned !== undefined) next.aligned = aligned
  return next
}

/** A change to the version after a document, drawn at random. */
export function drawChange(random: SeededRandom, document: LedgerDocument, shards: readonly ShardId[], hasAligned: boolean): LedgerChange {
  const { epoch, seq } = document
  const shard = shards[random(shards.length)]
  const lane = `lake|line=${random(3)}`
  const sometimes = (value: Partial<LedgerChange>): Partial<LedgerChange> => (random(3) === 0 ? value : {})
  const id = `o${seq}`
  const ahead = { [lane]: random(2) === 0 ? null : `${seq}` }
  const published: PublishedCounts = { objects: seq, records: 10 * seq, rows: 12 * seq }
  return {
    epoch,
    seq: seq + 1,
    writeId: `w:${seq + 1}`,
    ...sometimes({ shards: { [shard]: { checkpoint: `${seq}`, arrivalMs: 1_772_323_200_000 + seq } } }),
    ...sometimes({ shards: { [shard]: { ahead } } }),
    ...sometimes({ shards: { [shard]: { checkpoint: `${seq}`, arrivalMs: seq, ended: true, ahead } } }),
    ...sometimes({ staged: [entryOf(id, [shard])] }),
    ...sometimes({ dropped: document.staged.slice(0, 1).map((entry) => entry.id) }),
    ...sometimes({ ends: [[lane, [[shard, `${seq}`]]]] }),
    ...sometimes({ totals: { lake: { ...published, shards: { [shard]: published } } } }),
    ...sometimes({ totals: { lake: { ...published, shards: { [shard]: null }, folded: published } } }),
    ...(hasAligned ? sometimes({ aligned: random(3) === 0 ? null : { sets: seq, state: { inline: `s${seq}` } } }) : {}),
  }
}

function withoutNull<T>(record: Readonly<Record<string, T | null>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null)) as Record<string, T>
}

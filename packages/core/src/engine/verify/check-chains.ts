import type { LedgerDocument } from '../../component/index.js'
import type { Position, ShardId } from '../../model/index.js'
import { compareInChain, type ChainLink } from '../chain.js'
import { checkSets } from './check-sets.js'
import { checkTotals, countFound } from './check-totals.js'
import { baseSink, type ChainExpectation, type Finding, type FoundObject } from './finding.js'

/** The records of one shard in one partition of a sink; of sets, where the shard is `(sets)` and its positions are their numbers. */
export interface ChainReport {
  readonly sink: string
  readonly partition: string
  readonly shard: ShardId
  readonly objects: number
  readonly records: number
  readonly rows: number
  readonly first: Position
  readonly last: Position
  readonly gaps: number
  readonly overlaps: number
  readonly restarts: number
}

/** What {@link checkChains} found. */
export interface ChainCheck {
  readonly chains: readonly ChainReport[]
  readonly findings: readonly Finding[]
}

/** Checks the objects of one ledger and of the sinks `sinks`: that each chain is whole, that nothing is there twice, and that the ledger counts the same. */
export function checkChains(objects: readonly FoundObject[], sinks: readonly string[], expected: ChainExpectation): ChainCheck {
  const { unique, doubled } = findDoubled(objects)
  const lanes = groupBy(unique.flatMap(linksOf), ({ lane, shard }) => JSON.stringify([lane, shard]))
  const reports: ChainReport[] = []
  const findings: Finding[] = [...doubled, ...checkSets(unique, expected)]
  for (const links of lanes.values()) {
    const { report, problems } = walk(links, expected)
    reports.push(report)
    findings.push(...problems)
  }
  if (expected.ledger !== undefined) {
    const { before, after } = expected.ledger
    findings.push(...findMissing(reports, sinks, before, expected), ...checkTotals(countFound(unique), before, after, sinks, expected.delivery))
  }
  return { chains: reports.sort(byName), findings }
}

interface Link extends ChainLink {
  readonly key: string
  readonly lane: string
  readonly sink: string
  readonly partition: string
  readonly shard: ShardId
}

function linksOf({ key, chain }: FoundObject): Link[] {
  const { sink, partition } = chain
  return Object.entries(chain.shards).map(([shard, link]) => ({ key, lane: `${sink}|${partition}`, sink, partition, shard, ...link }))
}

function findDoubled(objects: readonly FoundObject[]): { readonly unique: readonly FoundObject[]; readonly doubled: readonly Finding[] } {
  const unique: FoundObject[] = []
  const doubled: Finding[] = []
  for (const copies of groupBy(objects, ({ chain }) => chain.object).values()) {
    unique.push(copies[0])
    if (copies.length === 1) continue
    const { sink, partition, rows } = copies[0].chain
    const keys = copies.map(({ key }) => key)
    doubled.push({ kind: 'doubled', severity: 'finding', sink, partition, keys, message: `one object of ${rows} rows is there ${copies.length} times: ${keys.join(', ')}` })
  }
  return { unique, doubled }
}

/** Goes along the objects of one lane and shard, in the order of their positions. */
function walk(links: readonly Link[], expected: ChainExpectation): { readonly report: ChainReport; readonly problems: readonly Finding[] } {
  const { delivery } = expected
  const compare = (a: Position, b: Position): number => compareInChain(links[0].shard, a, b, expected.comparePositions)
  const ordered = [...links].sort((a, b) => compare(a.last, b.last) || compare(a.first, b.first))
  const { sink, partition, shard } = ordered[0]
  const at = { sink, partition, shard }
  const problems: Finding[] = []
  let before: Link | undefined
  for (const link of ordered) {
    const overlaps = before !== undefined && compare(link.first, before.last) <= 0
    if (before !== undefined && overlaps) {
      const severity = delivery === 'exactly-once' ? 'finding' : 'note'
      problems.push({ ...at, kind: 'overlap', severity, keys: [before.key, link.key], message: `${link.key} begins at ${link.first}, and ${before.key} holds up to ${before.last}` })
    }
    if (link.after === null) {
      if (before !== undefined && !overlaps) {
        problems.push({ ...at, kind: 'restart', severity: 'note', keys: [link.key], message: `the chain begins anew at ${link.key}: what came before was written so long ago that the ledger had forgotten it` })
      }
    } else if (before === undefined) {
      problems.push({ ...at, kind: 'gap', severity: 'finding', keys: [link.key], message: `${link.key} follows an object that ends at ${link.after}, and there is none` })
    } else if (compare(link.after, before.last) > 0) {
      problems.push({ ...at, kind: 'gap', severity: 'finding', keys: [before.key, link.key], message: `after ${before.key}, which ends at ${before.last}, comes ${link.key}, which follows ${link.after}: what lies between is missing` })
    }
    before = link
  }
  const sum = (of: (link: Link) => number): number => ordered.reduce((total, link) => total + of(link), 0)
  const count = (kind: Finding['kind']): number => problems.filter((problem) => problem.kind === kind).length
  const report: ChainReport = {
    ...at,
    objects: ordered.length,
    records: sum(({ records }) => records),
    rows: sum(({ rows }) => rows),
    first: ordered[0].first,
    last: ordered[ordered.length - 1].last,
    gaps: count('gap'),
    overlaps: count('overlap'),
    restarts: count('restart'),
  }
  return { report, problems }
}

/** Lanes whose newest objects, as the ledger knows them, are not there. */
function findMissing(reports: readonly ChainReport[], sinks: readonly string[], before: LedgerDocument, { comparePositions }: ChainExpectation): Finding[] {
  const known = new Map(reports.map((report) => [JSON.stringify([`${report.sink}|${report.partition}`, report.shard]), report]))
  const findings: Finding[] = []
  for (const [lane, ends] of Object.entries(before.ends)) {
    const [sink, partition] = splitLane(lane)
    if (!sinks.includes(baseSink(sink))) continue
    for (const [shard, end] of ends) {
      const found = known.get(JSON.stringify([lane, shard]))
      if (found !== undefined && compareInChain(shard, found.last, end, comparePositions) >= 0) continue
      const message = found === undefined ? `no object is there; the ledger has published up to ${end}` : `the last object ends at ${found.last}; the ledger has published up to ${end}`
      findings.push({ kind: 'missing', severity: 'finding', sink, partition, shard, keys: [], message })
    }
  }
  return findings
}

function splitLane(lane: string): [sink: string, partition: string] {
  const bar = lane.indexOf('|')
  return [lane.slice(0, bar), lane.slice(bar + 1)]
}

function byName(a: ChainReport, b: ChainReport): number {
  for (const of of ['sink', 'partition', 'shard'] as const) if (a[of] !== b[of]) return a[of] < b[of] ? -1 : 1
  return 0
}

function groupBy<T>(items: readonly T[], nameOf: (item: T) => string): Map<string, [T, ...T[]]> {
  const groups = new Map<string, [T, ...T[]]>()
  for (const item of items) {
    const name = nameOf(item)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [item])
    else group.push(item)
  }
  return groups
}

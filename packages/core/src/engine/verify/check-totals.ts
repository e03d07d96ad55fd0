import type { LedgerDocument, PublishedCounts } from '../../component/index.js'
import type { Delivery } from '../plan.js'
import { baseSink, type Finding, type FoundObject } from './finding.js'

/**
 * Compares what was found with what the ledger counts. While a pipeline runs, and where objects are staged,
 * the count lies between that before the listing and that after it with everything staged.
 */
export function checkTotals(found: FoundCounts, before: LedgerDocument, after: LedgerDocument, sinks: readonly string[], delivery: Delivery): Finding[] {
  const has = foldLike(found, after)
  const least = foldLike(countKnown(before, false), after)
  const most = foldLike(countKnown(after, true), after)
  const findings: Finding[] = []
  for (const name of new Set([...has.keys(), ...least.keys(), ...most.keys()])) {
    const { sink, shard } = JSON.parse(name) as CountedPlace
    if (!sinks.includes(baseSink(sink))) continue
    const [there, from, to] = [has.get(name) ?? NOTHING, least.get(name) ?? NOTHING, most.get(name) ?? NOTHING]
    const wrong = MEASURES.filter((of) => there[of] < from[of] || there[of] > to[of])
    if (wrong.length === 0) continue
    const onlyMore = wrong.every((of) => there[of] > to[of])
    const counts = wrong.map((of) => `${of}: ${there[of]} found, ${from[of] === to[of] ? from[of] : `${from[of]} to ${to[of]}`} in the ledger`)
    findings.push({
      kind: 'total',
      // After a crash, at-least-once delivery knows less than it published.
      severity: delivery === 'at-least-once' && onlyMore ? 'note' : 'finding',
      sink,
      ...(shard === undefined ? {} : { shard }),
      keys: [],
      message: counts.join('; '),
    })
  }
  return findings
}

const MEASURES = ['objects', 'records', 'rows'] as const
const NOTHING: PublishedCounts = { objects: 0, records: 0, rows: 0 }

/** Stands for the shards of which the ledger keeps one sum: those that ended. */
const FOLDED_SHARDS = '(ended)'

interface CountedPlace {
  readonly sink: string
  readonly shard?: string
}

type CountsByName = Map<string, PublishedCounts>

/** What was found, by sink, and by sink and shard. */
export type FoundCounts = ReadonlyMap<string, PublishedCounts>

/** Counts objects by what they say of themselves. */
export function countFound(objects: readonly FoundObject[]): FoundCounts {
  const counts: CountsByName = new Map()
  for (const { chain } of objects) addObject(counts, chain.sink, chain.rows, chain.shards)
  return counts
}

function countKnown(ledger: LedgerDocument, withStaged: boolean): CountsByName {
  const counts: CountsByName = new Map()
  for (const [sink, { shards, ...total }] of Object.entries(ledger.totals)) {
    const { folded, ...sum } = total
    add(counts, { sink }, sum)
    if (folded !== undefined) add(counts, { sink, shard: FOLDED_SHARDS }, folded)
    for (const [shard, of] of Object.entries(shards)) add(counts, { sink, shard }, of)
  }
  if (withStaged) for (const { sink, rows, ranges } of ledger.staged) addObject(counts, sink, rows, ranges)
  return counts
}

/** The same counts, with the shards summed up that the ledger sums up. */
function foldLike(counts: FoundCounts, { totals }: LedgerDocument): FoundCounts {
  const folded: CountsByName = new Map()
  for (const [name, of] of counts) {
    const { sink, shard } = JSON.parse(name) as CountedPlace
    const known = totals[sink] as LedgerDocument['totals'][string] | undefined
    const isFolded = shard !== undefined && known?.folded !== undefined && !(shard in known.shards)
    add(folded, shard === undefined ? { sink } : { sink, shard: isFolded ? FOLDED_SHARDS : shard }, of)
  }
  return folded
}

function addObject(counts: CountsByName, sink: string, rows: number, shards: Readonly<Record<string, { readonly records: number; readonly rows: number }>>): void {
  let records = 0
  for (const [shard, of] of Object.entries(shards)) {
    add(counts, { sink, shard }, { objects: 1, records: of.records, rows: of.rows })
    records += of.records
  }
  add(counts, { sink }, { objects: 1, records, rows })
}

function add(counts: CountsByName, of: CountedPlace, more: PublishedCounts): void {
  const name = JSON.stringify(of)
  const { objects, records, rows } = counts.get(name) ?? NOTHING
  counts.set(name, { objects: objects + more.objects, records: records + more.records, rows: rows + more.rows })
}

/** Compares how many objects a sink has with what the ledger counts: all that can be said of formats without a footer. */
export function checkObjectCount(sink: string, found: number, ledger: { readonly before: LedgerDocument; readonly after: LedgerDocument }, delivery: Delivery): Finding[] {
  const known = (document: LedgerDocument): number =>
    Object.entries(document.totals).reduce((sum, [name, { objects }]) => (baseSink(name) === sink ? sum + objects : sum), 0)
  const least = known(ledger.before)
  const most = known(ledger.after) + ledger.after.staged.filter((entry) => baseSink(entry.sink) === sink).length
  if (found >= least && found <= most) return []
  const severity = delivery === 'at-least-once' && found > most ? 'note' : 'finding'
  return [{ kind: 'total', severity, sink, keys: [], message: `objects: ${found} found, ${least === most ? least : `${least} to ${most}`} in the ledger` }]
}

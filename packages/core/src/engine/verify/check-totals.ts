import type { LedgerDocument, PublishedCounts } from '../../component/index.js'
import type { Delivery } from '../plan.js'
import { baseSink, type Finding, type FoundObject } from './finding.js'

/**
 * Compares what was found with what the ledger counts. While a pipeline runs, and where objects are staged,
 * the count lies between that before the listing and that after it with everything staged.
 */
export function checkTotals(found: FoundCounts, before: LedgerDocument, after: LedgerDocument, sinks: readonly string[], delivery: Delivery): Finding[] {
  const least = countKnown(before, false)
  const most = countKnown(after, true)
  const findings: Finding[] = []
  for (const name of new Set([...found.keys(), ...least.keys(), ...most.keys()])) {
    const { sink, shard } = JSON.parse(name) as { sink: string; shard?: string }
    if (!sinks.includes(baseSink(sink))) continue
    const [has, from, to] = [found.get(name) ?? NOTHING, least.get(name) ?? NOTHING, most.get(name) ?? NOTHING]
    const wrong = MEASURES.filter((of) => has[of] < from[of] || has[of] > to[of])
    if (wrong.length === 0) continue
    const onlyMore = wrong.every((of) => has[of] > to[of])
    const counts = wrong.map((of) => `${of}: ${has[of]} found, ${from[of] === to[of] ? from[of] : `${from[of]} to ${to[of]}`} in the ledger`)
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
    add(counts, { sink }, total)
    for (const [shard, of] of Object.entries(shards)) add(counts, { sink, shard }, of)
  }
  if (withStaged) for (const { sink, rows, ranges } of ledger.staged) addObject(counts, sink, rows, ranges)
  return counts
}

function addObject(counts: CountsByName, sink: string, rows: number, shards: Readonly<Record<string, { readonly records: number; readonly rows: number }>>): void {
  let records = 0
  for (const [shard, of] of Object.entries(shards)) {
    add(counts, { sink, shard }, { objects: 1, records: of.records, rows: of.rows })
    records += of.records
  }
  add(counts, { sink }, { objects: 1, records, rows })
}

function add(counts: CountsByName, of: { readonly sink: string; readonly shard?: string }, more: PublishedCounts): void {
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

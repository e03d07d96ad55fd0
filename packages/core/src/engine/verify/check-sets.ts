import { baseSink, type ChainExpectation, type Finding, type FoundObject } from './finding.js'

/**
 * Checks that each set was published as a whole: an object says how many of its set its sink has. A set that the
 * ledger had not dropped before the objects were listed may still be on its way, and is not checked.
 */
export function checkSets(objects: readonly FoundObject[], { ledger }: Pick<ChainExpectation, 'ledger'>): Finding[] {
  const settled = ledger === undefined ? Infinity : (ledger.before.aligned?.sets ?? 0)
  const sets = new Map<string, FoundObject[]>()
  for (const found of objects) {
    const { set, sink } = found.chain
    if (set === undefined || set.number > settled) continue
    const name = JSON.stringify([baseSink(sink), set.number])
    const known = sets.get(name)
    if (known === undefined) sets.set(name, [found])
    else known.push(found)
  }
  const findings: Finding[] = []
  for (const [name, found] of sets) {
    const [sink, number] = JSON.parse(name) as [string, number]
    const expected = found[0].chain.set?.objects ?? 0
    if (found.length === expected) continue
    findings.push({ kind: 'incomplete', severity: 'finding', sink, keys: found.map(({ key }) => key), message: `set ${number} has ${expected} object(s) here, and ${found.length} of them are there` })
  }
  return findings
}

import { checkChains, DEAD_LETTER_SINK } from '@standpipe/core'
import { expectedLines, expectedOfRecordSink, type Scenario } from './scenario.js'
import type { World } from './world.js'

/** What a finished run of a scenario left otherwise than it promised: lost, doubled, unknown or disordered lines, and what should be gone. */
export function findViolations(scenario: Scenario, world: World): string[] {
  const { rows, deadLetters } = expectedLines(scenario)
  const exactly = scenario.delivery !== 'at-least-once'
  const violations: string[] = []
  for (const sink of scenario.sinks) violations.push(...compareLines(sink, rows, publishedLines(world, sink), exactly))
  violations.push(...compareLines('deadLetter', deadLetters, publishedLines(world, 'deadLetter'), exactly))
  for (const sink of scenario.recordSinks ?? []) violations.push(...compareLines(sink, expectedOfRecordSink(scenario), world.sent.get(sink) ?? [], false))
  for (const { key, sink, lines } of world.objects.values()) if (sink !== 'deadLetter') violations.push(...disorder(key, lines))
  return [...violations, ...findLeftOver(scenario, world), ...findBrokenChains(scenario, world)]
}

/** What `verify` would find: every chain must be whole and every count right, also between a crash and the next start. */
export function findBrokenChains(scenario: Pick<Scenario, 'sinks' | 'delivery'>, world: World): string[] {
  const { document } = world
  if (document === undefined) return []
  const { findings } = checkChains([...world.objects.values()], [...scenario.sinks, DEAD_LETTER_SINK], {
    delivery: scenario.delivery ?? 'exactly-once',
    ledger: { before: document, after: document },
    comparePositions: (a, b) => Number(a) - Number(b),
  })
  const broken = findings.filter(({ severity }) => severity === 'finding')
  return broken.map(({ kind, sink, partition, shard, message }) => `${kind} in ${sink} ${partition ?? ''} ${shard ?? ''}: ${message}`)
}

/** Lines that came more often than they should: what at least once allows after a fault. */
export function countDuplicates(scenario: Scenario, world: World): number {
  const { rows } = expectedLines(scenario)
  const objects = scenario.sinks.reduce((sum, sink) => sum + publishedLines(world, sink).length - rows.length, 0)
  const expected = expectedOfRecordSink(scenario)
  return (scenario.recordSinks ?? []).reduce((sum, sink) => sum + (world.sent.get(sink) ?? []).length - expected.length, objects)
}

function publishedLines(world: World, of: string): string[] {
  return [...world.objects.values()].filter(({ sink }) => sink === of).flatMap(({ lines }) => lines)
}

/** What is wrong with the lines found in a sink: lost, unknown, and, where `exactly` once is asked for, too often. In no order. */
export function compareLines(sink: string, expected: readonly string[], found: readonly string[], exactly: boolean): string[] {
  const counts = new Map<string, number>()
  for (const line of expected) counts.set(line, (counts.get(line) ?? 0) + 1)
  const known = new Set(expected)
  for (const line of found) counts.set(line, (counts.get(line) ?? 0) - 1)
  return [...counts]
    .filter(([line, left]) => left > 0 || (left < 0 && (exactly || !known.has(line))))
    .map(([line, left]) => `${sink}: ${line} ${left > 0 ? `lost ${left} time(s)` : `${-left} time(s) too often`}`)
}

/** Within an object, the lines of a shard keep their order. A line is the shard's letter and a number of three digits. */
function disorder(key: string, lines: readonly string[]): string[] {
  const last = new Map<string, string>()
  for (const line of lines) {
    const before = last.get(line[0])
    if (before !== undefined && line < before) return [`${key}: ${line} after ${before}`]
    last.set(line[0], line)
  }
  return []
}

/** What is staged, held back, or not read to its end. */
export function findLeftOver({ shards, endless }: { readonly shards: Readonly<Record<string, { readonly length: number }>>; readonly endless?: unknown }, world: World): string[] {
  const violations: string[] = []
  if (world.document?.staged.length !== 0) violations.push('the ledger still holds staged objects')
  if (world.uploads.size > 0) violations.push(`${world.uploads.size} upload(s) left`)
  for (const [shard, records] of Object.entries(shards)) {
    const state = world.document?.shards[shard]
    if (Object.keys(state?.ahead ?? {}).length > 0) violations.push(`shard ${shard} is still ahead of its checkpoint`)
    if (records.length > 0 && state?.checkpoint !== String(records.length - 1)) violations.push(`shard ${shard} has its checkpoint at ${state?.checkpoint}`)
    if (endless === undefined && state?.ended !== true) violations.push(`shard ${shard} did not end`)
  }
  return violations
}

import { runPipeline, type Clock } from '@standpipe/core'
import { expectedLines, planScenario, type Scenario } from './scenario.js'
import { CrashError, World, type Fault } from './world.js'

/** A run that ends wrong would go on for ever; no scenario needs as many processes. */
const MAX_PROCESSES = 20

/** What a simulated run came to. */
export interface SimulationResult {
  /** I/O calls of the whole run: the places a fault can happen at. */
  readonly calls: number
  /** What is wrong: lost, doubled or unknown lines, objects left staged. Empty when the promise was kept. */
  readonly violations: readonly string[]
  readonly trace: readonly string[]
}

/** Runs a scenario with faults at the given I/O calls, starting the process again after each crash, and compares what was published. */
export async function simulate(scenario: Scenario, faults: ReadonlyMap<number, Fault>, stateDirectory: string): Promise<SimulationResult> {
  const world = new World(faults)
  let finished = false
  for (let processes = 0; !finished; processes++) {
    if (processes === MAX_PROCESSES) return { calls: world.calls, violations: [`not finished after ${MAX_PROCESSES} processes`], trace: world.trace }
    const stop = new AbortController()
    const process = world.start(() => stop.abort(new CrashError('crashed')))
    const run = runPipeline(planScenario(scenario, process, stateDirectory), { ledger: process.ledger(), signal: stop.signal, clock: createHastyClock() })
    try {
      await run.done
      finished = true
    } catch (error) {
      if (!(error instanceof CrashError)) return { calls: world.calls, violations: [`the run failed: ${String(error)}`], trace: world.trace }
    }
  }
  return { calls: world.calls, violations: compare(scenario, world), trace: world.trace }
}

function compare(scenario: Scenario, world: World): string[] {
  const expected = expectedLines(scenario)
  const violations: string[] = []
  const published = (sink: string): string[] =>
    [...world.objects.values()].filter(({ identity }) => world.sinkOf(identity) === sink).flatMap(({ lines }) => lines)
  for (const sink of scenario.sinks) violations.push(...difference(sink, expected.rows, published(sink)))
  violations.push(...difference('deadLetter', expected.deadLetters, published('deadLetter')))
  if (world.document?.staged.length !== 0) violations.push('the ledger still holds staged objects')
  if (world.staged.size > 0) violations.push(`${world.staged.size} object(s) left staged`)
  for (const [shard, state] of Object.entries(world.document?.shards ?? {})) {
    if (Object.keys(state.ahead).length > 0) violations.push(`shard ${shard} is still ahead of its checkpoint`)
  }
  return violations
}

function difference(sink: string, expected: readonly string[], found: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const line of expected) counts.set(line, (counts.get(line) ?? 0) + 1)
  for (const line of found) counts.set(line, (counts.get(line) ?? 0) - 1)
  return [...counts]
    .filter(([, left]) => left !== 0)
    .map(([line, left]) => `${sink}: ${line} ${left > 0 ? `lost ${left} time(s)` : `${-left} time(s) too often`}`)
}

/** Time that passes as soon as somebody waits for it. Intervals never fire: rolls by age have tests of their own. */
function createHastyClock(): Clock {
  let nowMs = Date.UTC(2026, 2, 1)
  return {
    now: () => nowMs,
    monotonic: () => nowMs,
    async sleep(delayMs, signal) {
      if (delayMs >= 60_000) return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true }))
      nowMs += delayMs
    },
    every: () => () => undefined,
  }
}

import { FAULTS, type Fault, type Faults } from './faults.js'
import { seededRandom } from './seeded-random.js'
import type { AnyScenario } from './simulated-pipeline.js'
import { describeRun, simulate, type SimulationOptions, type SimulationResult } from './simulate.js'

/** How calls overtake one another while exploring: turns an answer may take. */
const LATENCY_TURNS = 9

/** What an exploration came to. */
export interface Exploration {
  /** Runs made, and I/O calls in them. */
  runs: number
  calls: number
  /** Places of one fault that were tried: a call and what happened at it. */
  faultPoints: number
  /** Runs in which staged objects vanished, and of these the ones that rightly stopped because others of their set were out. */
  vanished: number
  stopped: number
  /** Runs that broke a promise, each with what reproduces it. */
  readonly failures: string[]
}

/** Options of an exploration beside the faults it chooses. */
export type ExplorationOptions = Omit<SimulationOptions, 'faults' | 'seed'> & { readonly seed?: number }

/** An exploration before its first run. */
export function startExploration(): Exploration {
  return { runs: 0, calls: 0, faultPoints: 0, vanished: 0, stopped: 0, failures: [] }
}

/** What was tried, in a line for the test's output. */
export function summarize(name: string, found: Exploration, seed: number): string {
  const vanished = found.vanished === 0 ? '' : ` objects vanished in ${found.vanished} runs${found.stopped === 0 ? '' : ` of which ${found.stopped} stopped, part of the set being out`},`
  return `simulation: ${name}: ${found.runs} runs, ${found.faultPoints} fault points, ${found.calls} I/O calls, seed ${seed},${vanished} ${found.failures.length} failed`
}

/** One run, added to what was found; a broken promise becomes a failure with what reproduces it. */
export async function explore(found: Exploration, name: string, scenario: AnyScenario, given: SimulationOptions): Promise<SimulationResult> {
  const options = { latencyTurns: LATENCY_TURNS, ...given }
  const result = await simulate(scenario, options)
  found.runs += 1
  found.calls += result.calls
  found.faultPoints += options.faults.size
  if (result.world.vanished.length > 0) found.vanished += 1
  if (result.codes.includes('COMMIT_LOST')) found.stopped += 1
  if (result.violations.length > 0) {
    const places = [...options.faults.keys()].map((call) => result.trace[call]).join(' and ')
    found.failures.push(`${describeRun(name, options)} at ${places}: ${result.violations.slice(0, 4).join('; ')}`)
  }
  return result
}

/** Each of `faults` at every call of a run. `choose` thins them out by call and fault. */
export async function exploreFaults(
  name: string,
  scenario: AnyScenario,
  options: ExplorationOptions,
  choose: (call: number, fault: number) => boolean = () => true,
  faults: readonly Fault[] = FAULTS,
): Promise<Exploration> {
  const { seed = 1 } = options
  const found = startExploration()
  const { calls } = await explore(found, name, scenario, { ...options, seed, faults: new Map() })
  for (let call = 0; call < calls; call++) {
    for (const [i, fault] of faults.entries()) {
      if (choose(call, i)) await explore(found, name, scenario, { ...options, seed, faults: new Map([[call, fault]]) })
    }
  }
  return found
}

/**
 * The first failure of the kind looked for that one of `faults` at any call brings about, over several orders
 * of answers; undefined where none does.
 */
export async function findFailure(
  name: string,
  scenario: AnyScenario,
  options: ExplorationOptions,
  faults: readonly Fault[],
  kind = /./,
  seeds = 6,
): Promise<string | undefined> {
  const found = startExploration()
  const { calls } = await explore(found, name, scenario, { ...options, seed: 1, faults: new Map() })
  for (let seed = 1; seed <= seeds; seed++) {
    for (let call = 0; call < calls; call++) {
      for (const fault of faults) await explore(found, name, scenario, { ...options, seed, faults: new Map([[call, fault]]) })
      const failure = found.failures.find((text) => kind.test(text))
      if (failure !== undefined) return failure
    }
  }
  return undefined
}

/** Runs with `faultsPerRun` faults at random calls, each in an order of answers of its own. */
export async function explorePairs(name: string, scenario: AnyScenario, options: ExplorationOptions, runs: number, faultsPerRun = 2): Promise<Exploration> {
  const { seed = 1 } = options
  const found = startExploration()
  const random = seededRandom(seed)
  const { calls } = await explore(found, name, scenario, { ...options, seed, faults: new Map() })
  for (let run = 0; run < runs; run++) {
    const faults = drawFaults(random, calls, faultsPerRun)
    await explore(found, name, scenario, { ...options, seed: seed + run, faults })
  }
  return found
}

/**
 * Every pair of faults: each of `firsts` at every call of a run, and with it each of `faults` at every later call of
 * the run that the first one leads to.
 */
export async function exploreAllPairs(
  name: string,
  scenario: AnyScenario,
  options: ExplorationOptions,
  firsts: readonly Fault[],
  faults: readonly Fault[],
): Promise<Exploration> {
  const { seed = 1 } = options
  const found = startExploration()
  const { calls } = await explore(found, name, scenario, { ...options, seed, faults: new Map() })
  for (let first = 0; first < calls; first++) {
    for (const one of firsts) {
      const alone = await explore(found, name, scenario, { ...options, seed, faults: new Map([[first, one]]) })
      for (let second = first + 1; second < alone.calls; second++) {
        for (const other of faults) {
          const both: Faults = new Map([
            [first, one],
            [second, other],
          ])
          await explore(found, name, scenario, { ...options, seed, faults: both })
        }
      }
    }
  }
  return found
}

/** Calls after the first fault are more than those of a run without one: the second may come later. */
function drawFaults(random: (below: number) => number, calls: number, count: number): Faults {
  const faults = new Map<number, Fault>()
  for (let i = 1; i <= count; i++) faults.set(random(calls * i), FAULTS[random(FAULTS.length)])
  return faults
}

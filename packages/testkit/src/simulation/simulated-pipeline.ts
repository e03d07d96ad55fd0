import type { Plan, RunOptions, StandpipeError } from '@standpipe/core'
import { bindAligned, planAligned, type AlignedScenario } from './aligned-scenario.js'
import { findAlignedViolations, findBrokenAlignedChains, findWrongStop } from './aligned-violations.js'
import { findBrokenChains, findViolations } from './find-violations.js'
import { planScenario, type Configuration, type Scenario } from './scenario.js'
import type { ScenarioStores } from './world-stores.js'
import type { World } from './world.js'

/** What the simulation runs: with operators that keep no state, or that do. */
export type AnyScenario = Scenario | AlignedScenario

/** A scenario as the simulation sees it: how it is planned, and what it promises. */
export interface SimulatedPipeline {
  readonly shards: Readonly<Record<string, { readonly length: number }>>
  readonly endless?: Scenario['endless']
  /** The ledger keeps states in its document. */
  readonly inlineState?: boolean
  /** How the run after the last one is made, where one more has something to do. */
  readonly closing?: RunOptions
  plan(stores: ScenarioStores, stateDirectory: string, configuration: Configuration): Plan
  /** What a finished run left otherwise than it promised. */
  findViolations(world: World): string[]
  /** What `verify` would find, at any moment between two processes. */
  findBrokenChains(world: World): string[]
  /** What is wrong with a run that ended with COMMIT_LOST. Absent: that it did. */
  findWrongStop?(world: World, error: StandpipeError): string[]
}

/** Prepares a scenario for any number of runs. */
export async function simulatedPipeline(scenario: AnyScenario): Promise<SimulatedPipeline> {
  if (!('operators' in scenario)) {
    return {
      ...scenario,
      plan: (stores, stateDirectory, configuration) => planScenario(scenario, stores, stateDirectory, configuration),
      findViolations: (world) => findViolations(scenario, world),
      findBrokenChains: (world) => findBrokenChains(scenario, world),
    }
  }
  const bound = await bindAligned(scenario)
  return {
    inlineState: scenario.inlineState,
    shards: scenario.shards,
    endless: scenario.endless,
    // Windows of an endless source stay open; a run that finishes the configuration closes them.
    ...(scenario.endless === undefined ? {} : { closing: { catchUp: true } }),
    plan: (stores, stateDirectory, configuration) => planAligned(scenario, bound, stores, stateDirectory, configuration),
    findViolations: (world) => findAlignedViolations(scenario, world),
    findBrokenChains: (world) => findBrokenAlignedChains(scenario, world),
    findWrongStop: (world, error) => findWrongStop(scenario, world, error),
  }
}

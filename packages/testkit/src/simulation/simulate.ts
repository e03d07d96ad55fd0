import { runPipeline, StandpipeError, type EngineEvent, type ErrorCode, type PipelineRun, type Plan, type RunOptions } from '@standpipe/core'
import { describeFaults, type Faults } from './faults.js'
import type { Configuration } from './scenario.js'
import { seededRandom } from './seeded-random.js'
import { simulatedPipeline, type AnyScenario, type SimulatedPipeline } from './simulated-pipeline.js'
import { CrashError, World, type WorldProcess } from './world.js'
import { createWorldStores, type ScenarioStores } from './world-stores.js'

/** A run that ends wrong would go on for ever; no scenario needs as many processes. */
const MAX_PROCESSES = 20
/** Rounds of time passing while nothing else happens, after which a run counts as stuck. */
const MAX_IDLE_ROUNDS = 5_000
/** An endless source is drained when nothing reached the world for so many rounds. */
const QUIET_ROUNDS = 20

/** How a scenario is simulated. */
export interface SimulationOptions {
  readonly faults: Faults
  /** Decides the order in which calls answer; see `latencyTurns`. */
  readonly seed: number
  readonly stateDirectory: string
  /** The answer to a call may take up to so many turns; 0 for answers in the order of the calls. */
  readonly latencyTurns?: number
  /** How old a vanished upload is; by default two days. */
  readonly vanishAfterMs?: number
  /** Takes a rule of the protocol out. */
  readonly mutation?: Mutation
  /** Codes that a process may end with; it is started again. */
  readonly tolerated?: readonly ErrorCode[]
  /** Which configuration a process is started with, by its number from 1. */
  readonly configurationOf?: (process: number) => Configuration
}

/** Puts something else in the place of the world's stores, or of the plan, so that a rule no longer holds. */
export interface Mutation {
  stores?(stores: ScenarioStores): ScenarioStores
  plan?(plan: Plan): Plan
}

/** What a simulated run came to. */
export interface SimulationResult {
  /** I/O calls until everything was delivered: the places a fault can happen at. */
  readonly calls: number
  /** What is wrong: lost, doubled or unknown lines, runs that failed, objects left staged. Empty when the promise was kept. */
  readonly violations: readonly string[]
  /** Codes of the errors that processes ended with. */
  readonly codes: readonly ErrorCode[]
  readonly trace: readonly string[]
  /** Reasons for which objects rolled, and what else the engine told, by type. */
  readonly events: ReadonlyMap<string, number>
  readonly processes: number
  readonly world: World
}

/** Runs a scenario with faults at the given I/O calls, starting a process again after each crash, and compares what was published. */
export async function simulate(scenario: AnyScenario, options: SimulationOptions): Promise<SimulationResult> {
  const prepared = pipelines.get(scenario) ?? simulatedPipeline(scenario)
  pipelines.set(scenario, prepared)
  const pipeline = await prepared
  const jitter = Math.random
  const random = seededRandom(options.seed + 1)
  // The engine's back-off draws from it; a run must be the same each time.
  Math.random = () => random(1_000_000) / 1_000_000
  try {
    return await new Simulation(pipeline, options).run()
  } finally {
    Math.random = jitter
  }
}

/** What was prepared of a scenario, which may run thousands of times. */
const pipelines = new WeakMap<AnyScenario, Promise<SimulatedPipeline>>()

/** What reproduces a run, for the message of a failing test. */
export function describeRun(name: string, { faults, seed, latencyTurns = 0 }: Pick<SimulationOptions, 'faults' | 'seed' | 'latencyTurns'>): string {
  return `${name}, seed ${seed}, up to ${latencyTurns} turns, faults {${describeFaults(faults)}}`
}

interface LiveProcess {
  readonly process: WorldProcess
  readonly run: PipelineRun
  readonly stop: AbortController
  readonly ended: Promise<void>
}

class Simulation {
  private readonly world: World
  private readonly live = new Set<LiveProcess>()
  private readonly codes: ErrorCode[] = []
  private readonly failures: string[] = []
  private readonly events = new Map<string, number>()
  private started = 0
  private finished = false
  /** Ended with COMMIT_LOST, as it should: every later process has to as well. */
  private stopped = false

  constructor(
    private readonly pipeline: SimulatedPipeline,
    private readonly options: SimulationOptions,
  ) {
    const { faults, seed, latencyTurns = 0, vanishAfterMs } = options
    this.world = new World({ faults, seed, latencyTurns, vanishAfterMs })
    this.world.onTakeover = () => this.start()
    this.world.onCall = (call) => {
      if (pipeline.endless?.drainAtCalls.includes(call) === true) for (const { run } of this.live) run.drain()
    }
  }

  async run(): Promise<SimulationResult> {
    while (!this.finished && this.failures.length === 0) {
      if (this.live.size === 0) {
        if (this.started === MAX_PROCESSES) this.failures.push(`not finished after ${MAX_PROCESSES} processes`)
        else this.start()
      }
      await this.settle()
    }
    const { calls } = this.world
    if (this.failures.length === 0) await this.startOnceMore()
    const { world, codes, events, started, failures } = this
    return { calls, violations: failures, codes, trace: world.trace, events, processes: started, world }
  }

  /** One start more finds nothing to do, and removes what nobody counts on; one that stopped stops again. */
  private async startOnceMore(): Promise<void> {
    const { world, pipeline, failures } = this
    const wasStopped = this.stopped
    this.stopped = false
    world.calmDown()
    const before = world.objects.size
    this.start()
    await this.settle()
    if (world.objects.size !== before) failures.push('a start after the end published again')
    if (wasStopped !== this.stopped) failures.push('stopped once, and went on when it was started again')
    if (this.stopped || failures.length > 0) return
    if (pipeline.closing !== undefined) {
      this.start(pipeline.closing)
      await this.settle()
    }
    failures.push(...pipeline.findViolations(world))
  }

  /** Lets time pass, whenever nothing else happens, until every process has ended. */
  private async settle(): Promise<void> {
    const { clock } = this.world
    let calls = this.world.calls
    let quiet = 0
    while (this.live.size > 0) {
      await new Promise((resolve) => setImmediate(resolve))
      // A start makes the state directory, the one thing that takes real time: nothing may overtake it.
      if ([...this.live].some(({ process }) => process.calls === 0 && !process.dead)) continue
      if (clock.nextTimerMs !== undefined) await clock.advance(clock.nextTimerMs)
      quiet = this.world.calls === calls ? quiet + 1 : 0
      calls = this.world.calls
      if (this.pipeline.endless !== undefined && quiet === QUIET_ROUNDS) for (const { run } of this.live) run.drain()
      if (quiet < MAX_IDLE_ROUNDS) continue
      this.failures.push('the run is stuck')
      for (const { stop } of this.live) stop.abort(new Error('stuck'))
      return
    }
  }

  private start(given: RunOptions = {}): void {
    const { pipeline, options, world } = this
    this.started += 1
    const stop = new AbortController()
    const process = world.start(() => stop.abort(new CrashError('crashed')))
    const stores = createWorldStores(world, process, { blobs: pipeline.inlineState !== true })
    const mutated = options.mutation?.stores?.(stores) ?? stores
    const configuration = options.configurationOf?.(process.number) ?? 'same'
    const plan = pipeline.plan(mutated, options.stateDirectory, configuration)
    const run = runPipeline(options.mutation?.plan?.(plan) ?? plan, { ...given, ledger: mutated.ledger(), signal: stop.signal, clock: world.clock })
    run.events.subscribe((event) => this.observe(event))
    const ended = run.done.then(
      () => this.finish(),
      (error: unknown) => {
        if (!process.dead) this.fail(process, error)
        else this.failures.push(...pipeline.findBrokenChains(world))
      },
    )
    const live = { process, run, stop, ended: ended.finally(() => this.forget(live)) }
    this.live.add(live)
  }

  private forget(live: LiveProcess): void {
    this.live.delete(live)
    this.world.launched(live.process)
  }

  /** A drain may end a process before everything is read, or read again. */
  private finish(): void {
    const { shards, endless } = this.pipeline
    const readToEnd = ([shard, records]: [string, { readonly length: number }]): boolean => this.world.document?.shards[shard]?.checkpoint === String(records.length - 1)
    this.finished = endless === undefined || (this.world.document?.staged.length === 0 && Object.entries(shards).every(readToEnd))
  }

  private fail(process: WorldProcess, error: unknown): void {
    const code = error instanceof StandpipeError ? error.code : undefined
    if (code !== undefined) this.codes.push(code)
    if (code === 'COMMIT_LOST' && this.pipeline.findWrongStop !== undefined && this.options.tolerated?.includes(code) !== true) {
      this.failures.push(...this.pipeline.findWrongStop(this.world, error as StandpipeError))
      this.stopped = true
      this.finished = true
      return
    }
    if (code === undefined || !this.mayEndWith(process, code)) this.failures.push(`the run failed: ${String(error)}`)
  }

  /**
   * A process whose ledger another one has, or had a moment ago, steps back; its unfinished uploads, or what the source kept for it,
   * may be gone before it notices.
   */
  private mayEndWith(process: WorldProcess, code: ErrorCode): boolean {
    const { faults, tolerated = [] } = this.options
    if (tolerated.includes(code)) return true
    if (code === 'SINK_NOT_FOUND' || code === 'SOURCE_UNREADABLE') return process.number < this.started
    return code === 'LEDGER_FENCED' && [...faults.values()].some((fault) => fault === 'takeover' || fault.startsWith('crash late'))
  }

  private observe(event: EngineEvent): void {
    const name = event.type === 'ObjectRolled' ? `rolled by ${event.reason}` : event.type
    this.events.set(name, (this.events.get(name) ?? 0) + 1)
  }
}

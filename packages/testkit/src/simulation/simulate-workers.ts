import { checkChains, DEAD_LETTER_SINK, runPipeline, type EngineEvent, type ObjectChain, type PipelineRun, type ShardedLedger } from '@standpipe/core'
import type { Faults } from './faults.js'
import { compareLines } from './find-violations.js'
import { LeaseTable } from './lease-table.js'
import { expectedLines, planScenario, type Scenario } from './scenario.js'
import { seededRandom } from './seeded-random.js'
import { CrashError, World, type WorldProcess } from './world.js'
import { createWorldStores } from './world-stores.js'

const MAX_PROCESSES = 20
const MAX_IDLE_ROUNDS = 5_000

/** How workers that share the shards of a scenario are simulated. */
export interface WorkerSimulationOptions {
  readonly faults: Faults
  readonly seed: number
  readonly stateDirectory: string
  readonly latencyTurns?: number
  /** Workers at the same time. */
  readonly workers?: number
  /** Takes a rule out. */
  readonly ledger?: (ledger: ShardedLedger) => ShardedLedger
}

/** What a simulation of workers came to. */
export interface WorkerSimulationResult {
  readonly calls: number
  readonly violations: readonly string[]
  readonly trace: readonly string[]
  /** What the engine told, by type; ends of leases with their reason. */
  readonly events: ReadonlyMap<string, number>
}

/** Runs a scenario by several workers that share its shards, with faults at the given I/O calls, until all is delivered; compares what was published. */
export async function simulateWorkers(scenario: Scenario, options: WorkerSimulationOptions): Promise<WorkerSimulationResult> {
  const jitter = Math.random
  const random = seededRandom(options.seed + 1)
  Math.random = () => random(1_000_000) / 1_000_000
  try {
    return await new WorkerSimulation(scenario, options).run()
  } finally {
    Math.random = jitter
  }
}

class WorkerSimulation {
  private readonly world: World
  private readonly table: LeaseTable
  private readonly live = new Map<WorldProcess, { readonly run: PipelineRun; readonly stop: AbortController }>()
  private readonly failures: string[] = []
  private readonly events = new Map<string, number>()
  private started = 0

  constructor(
    private readonly scenario: Scenario,
    private readonly options: WorkerSimulationOptions,
  ) {
    const { faults, seed, latencyTurns = 9 } = options
    this.world = new World({ faults, seed, latencyTurns })
    this.table = new LeaseTable(this.world, Object.keys(scenario.shards).map((shard) => ({ shard, parents: scenario.parents?.[shard] ?? [] })), seed)
  }

  async run(): Promise<WorkerSimulationResult> {
    const { world, table, failures, events } = this
    let idle = 0
    let calls = -1
    while (!table.isFinished && failures.length === 0) {
      if (this.live.size < (this.options.workers ?? 2)) this.start()
      table.balance()
      await this.round()
      idle = world.calls === calls ? idle + 1 : 0
      calls = world.calls
      if (idle > MAX_IDLE_ROUNDS) failures.push('the workers are stuck')
    }
    await this.drain()
    const { calls: all } = world
    if (failures.length === 0) {
      world.calmDown()
      await this.startOnceMore()
      failures.push(...this.findViolations())
    }
    return { calls: all, violations: failures, trace: world.trace, events }
  }

  /** Another worker finds nothing to read; what was left of uploads it removes as it takes the shards up. */
  private async startOnceMore(): Promise<void> {
    this.start()
    for (let round = 0; round < 20; round++) await this.round()
    await this.drain()
  }

  private async drain(): Promise<void> {
    for (const { run } of this.live.values()) run.drain()
    for (let round = 0; this.live.size > 0; round++) {
      await this.round()
      if (round < MAX_IDLE_ROUNDS) continue
      this.failures.push('a worker does not end')
      for (const { stop } of this.live.values()) stop.abort(new Error('stuck'))
      return
    }
  }

  /** Lets happen what can, then time pass. */
  private async round(): Promise<void> {
    const { clock } = this.world
    do await new Promise((resolve) => setImmediate(resolve))
    // A start makes the state directory, the one thing that takes real time: nothing may overtake it.
    while ([...this.live.keys()].some((process) => process.calls === 0 && !process.dead))
    if (clock.nextTimerMs !== undefined) await clock.advance(clock.nextTimerMs)
  }

  private start(): void {
    const { world, table, scenario, options } = this
    this.started += 1
    if (this.started > MAX_PROCESSES) {
      this.failures.push(`not finished after ${MAX_PROCESSES} processes`)
      return
    }
    const stop = new AbortController()
    const process = world.start(() => stop.abort(new CrashError('crashed')))
    const { letGo: _, firstKept: __, ...stores } = createWorldStores(world, process)
    const plan = planScenario(scenario, stores, options.stateDirectory)
    const ledger = table.ledgerOf(process)
    const run = runPipeline(plan, { ledger: options.ledger?.(ledger) ?? ledger, signal: stop.signal, clock: world.clock })
    run.events.subscribe((event) => this.observe(event))
    this.live.set(process, { run, stop })
    run.done
      .catch((error: unknown) => {
        if (!process.dead) this.failures.push(`a worker failed: ${String(error)}`)
      })
      .finally(() => {
        this.live.delete(process)
        table.forget(process)
        world.launched(process)
        for (const sink of scenario.sinks) {
          if (!process.dead && run.counts.unaccounted(sink) !== 0) this.failures.push(`${run.counts.unaccounted(sink)} row(s) of a worker are not accounted for at ${sink}`)
        }
      })
  }

  private observe(event: EngineEvent): void {
    const name = event.type === 'LeaseEnded' ? `lease ${event.why}` : event.type
    this.events.set(name, (this.events.get(name) ?? 0) + 1)
  }

  private findViolations(): string[] {
    const { scenario, world, table } = this
    const { rows, deadLetters } = expectedLines(scenario)
    const linesOf = (of: string): string[] => [...world.objects.values()].filter(({ sink }) => sink === of).flatMap(({ lines }) => lines)
    const violations = scenario.sinks.flatMap((sink) => compareLines(sink, rows, linesOf(sink), true))
    violations.push(...compareLines(DEAD_LETTER_SINK, deadLetters, linesOf(DEAD_LETTER_SINK), true))
    const objects: { readonly key: string; readonly chain: ObjectChain }[] = [...world.objects.values()]
    for (const [shard, document] of table.documents) {
      const { findings } = checkChains(objects.filter(({ chain }) => chain.ledger === document.id), [...scenario.sinks, DEAD_LETTER_SINK], {
        delivery: 'exactly-once',
        ledger: { before: document, after: document },
        comparePositions: (a, b) => Number(a) - Number(b),
      })
      for (const { severity, kind, message } of findings) if (severity === 'finding') violations.push(`${shard}: ${kind}: ${message}`)
      if (Object.keys(document.shards[shard]?.ahead ?? {}).length > 0) violations.push(`${shard} is ahead of its end`)
    }
    for (const { chain } of objects) if (Object.keys(chain.shards).length !== 1) violations.push('an object holds several shards')
    return violations
  }
}

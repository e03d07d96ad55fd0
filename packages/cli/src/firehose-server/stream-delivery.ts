import { readLedger, runPipeline, StandpipeError, type Clock, type Logger, type PipelineConfig, type PipelineRun, type Plan } from '@standpipe/core'
import type { PlannedStream } from './plan-stream.js'

/** What delivering a stream needs. */
export interface DeliveryParts {
  readonly clock: Clock
  readonly log: Logger
  /** Plans the pipeline that ran last, where another one is to run now. */
  planFormer(config: PipelineConfig): Promise<Plan>
  /** Notes durably which pipeline runs from now on. */
  noteApplied(config: PipelineConfig): Promise<void>
}

/** Waits between runs that failed: longer each time. */
const BACKOFF = { initialMs: 500, maximumMs: 60_000 } as const

/**
 * Keeps the pipeline of a delivery stream running: again after a failure, and anew with a changed configuration once the former one
 * has finished what it began, so that nothing is delivered twice or left out.
 */
export class StreamDelivery {
  /** What runs at the moment. */
  run: PipelineRun | undefined
  /** Why the last run failed, while none has done better since. */
  failure: Error | undefined
  private readonly ending = new AbortController()
  private readonly cutting = new AbortController()
  private awake = new AbortController()
  private readonly done: Promise<void>

  constructor(
    private wanted: PlannedStream,
    private applied: PipelineConfig | undefined,
    private readonly parts: DeliveryParts,
  ) {
    this.done = this.work()
  }

  /** Whether it runs no more, and never will. */
  get hasEnded(): boolean {
    return this.ending.signal.aborted
  }

  /** Goes on with another configuration, as soon as the present one is drained. */
  change(wanted: PlannedStream): void {
    this.wanted = wanted
    this.run?.drain()
    this.awake.abort()
  }

  /** Delivers what was read, and ends. Rejects with why it could not. */
  async drain(): Promise<void> {
    this.ending.abort()
    this.awake.abort()
    this.run?.drain()
    await this.done
    if (this.failure !== undefined) throw this.failure
  }

  /** Ends at once, as a crash would. */
  async cut(): Promise<void> {
    this.ending.abort()
    this.awake.abort()
    this.cutting.abort(new Error('the delivery stream is deleted'))
    await this.done
  }

  private isEnding(): boolean {
    return this.ending.signal.aborted
  }

  private async work(): Promise<void> {
    let failures = 0
    while (!this.isEnding()) {
      const { wanted } = this
      try {
        await this.finishFormer(wanted)
        if (this.isEnding()) break
        if (this.applied !== wanted.config) await this.parts.noteApplied(wanted.config)
        this.applied = wanted.config
        // What came in the meantime has drained nothing.
        if (this.wanted === wanted && !this.isEnding()) await this.runOnce(wanted.plan, false)
        this.failure = undefined
        failures = 0
      } catch (error) {
        this.failure = error instanceof Error ? error : new Error(String(error))
        this.tell(error)
        await this.rest(failures++)
      }
    }
  }

  /** Finishes what a former configuration has published beyond its checkpoint, if anything: another one would not skip it. */
  private async finishFormer({ plan }: PlannedStream): Promise<void> {
    if (this.applied === undefined) return
    const ledger = await readLedger(plan)
    if (ledger === undefined || ledger.fingerprint === plan.fingerprint) return
    const isAhead = Object.values(ledger.shards).some((shard) => Object.keys(shard.ahead).length > 0)
    if (!isAhead && ledger.staged.length === 0 && ledger.aligned?.state === undefined) return
    await this.runOnce(await this.parts.planFormer(this.applied), true)
  }

  private async runOnce(plan: Plan, catchUp: boolean): Promise<void> {
    const run = runPipeline(plan, { log: this.parts.log, clock: this.parts.clock, signal: this.cutting.signal, catchUp })
    this.run = run
    try {
      await run.done
    } finally {
      this.run = undefined
    }
  }

  private async rest(failures: number): Promise<void> {
    if (this.ending.signal.aborted) return
    if (this.awake.signal.aborted) this.awake = new AbortController()
    const waitMs = Math.min(BACKOFF.maximumMs, BACKOFF.initialMs * 2 ** failures)
    await this.parts.clock.sleep(waitMs, this.awake.signal).catch(() => undefined) // something changed
  }

  private tell(error: unknown): void {
    if (this.cutting.signal.aborted) return
    const known = error instanceof StandpipeError
    const pipeline = this.wanted.plan.name
    this.parts.log.error(known ? error.message : `unexpected: ${String(error)}`, {
      pipeline,
      ...(known ? { code: error.code, component: error.component, hint: error.hint } : { stack: (error as Error)?.stack }),
    })
  }
}

import { identity, map, Subject, tap, type OperatorFunction } from 'rxjs'
import type { ObjectStore, Runtime, Threads } from '../component/index.js'
import { StandpipeError, type Batch } from '../model/index.js'
import type { AlignedCommits } from './aligned/aligned-commits.js'
import type { Counts } from './counts.js'
import { chargePayloads, decodeBatch } from './decode-batch.js'
import { DEAD_LETTER_SINK, type ErrorOutputType } from './dead-letter.js'
import type { EmitEvent } from './events.js'
import { HeldBack } from './held-back.js'
import type { Share, Shares } from './ledger/share.js'
import type { MemoryBudget } from './memory-budget.js'
import { ObjectSinkRunner } from './object-sink-runner.js'
import { chainOperators, type ChainParts } from './operator-chain.js'
import { decodesInStream, type Plan, type PlannedObjectSink, type PlannedSink } from './plan.js'
import { RecordSinkRunner } from './record-sink-runner.js'
import { Rejections, type RejectRows } from './rejections.js'
import type { ScratchFile } from './scratch-file.js'
import type { RetryOf } from './take-over.js'

/** What the stream of a pipeline is built from. */
export interface StreamParts {
  readonly plan: Plan
  readonly runtime: Runtime
  readonly counts: Counts
  readonly emit: EmitEvent
  readonly memory: MemoryBudget
  readonly scratch: ScratchFile
  readonly threads: Threads
  /** Open, by the name of their sink. */
  readonly stores: ReadonlyMap<string, ObjectStore>
  /** Present where operators keep state. */
  readonly aligned: AlignedCommits | undefined
  readonly retryOf: RetryOf
  /** Told of every failure that ends the attempt. */
  failed(error: unknown): void
}

type SinkRunner = ObjectSinkRunner | RecordSinkRunner

/** From the first operator to the sinks and the dead letters: what a batch passes once it is decoded. */
export class PipelineStream {
  private readonly sinks: SinkRunner[] = []
  private readonly lanes: Rejections[] = []
  private readonly heldBack: HeldBack
  private deadLetters: ObjectSinkRunner | undefined

  constructor(private readonly parts: StreamParts) {
    this.heldBack = new HeldBack(parts.memory)
  }

  /** Objects being written, over all sinks. */
  get openObjects(): number {
    return this.objectSinks.reduce((sum, sink) => sum + sink.openObjects, 0)
  }

  /** The sinks that write objects, the dead letters last. */
  get objectSinks(): ObjectSinkRunner[] {
    return [...this.sinks, this.deadLetters].filter((sink) => sink instanceof ObjectSinkRunner)
  }

  /** Opens all sinks; what they commit goes to the share of its shard. Whatever comes of it, {@link close} has to be called. */
  async open(shares: Shares): Promise<void> {
    const { plan, runtime, counts, emit, retryOf } = this.parts
    const objectSink = this.objectSinkOpener(shares)
    this.deadLetters = objectSink(plan.deadLetter)
    for (const planned of plan.sinks) {
      if (planned.kind === 'object') this.sinks.push(objectSink(planned))
      else {
        const runner = new RecordSinkRunner({
          planned,
          runtime,
          counts: counts.sink(planned.name),
          retry: retryOf(planned.name, planned.retry),
          emit,
          shares,
        })
        this.sinks.push(runner)
        await runner.open()
      }
    }
  }

  /** Builds the stream: operators once, then every sink with operators of its own. `ended` resolves when all sinks have seen the end of `input`. */
  connect(): { input: Subject<Batch>; ended: Promise<unknown> } {
    const { plan, runtime, counts, failed } = this.parts
    const input = new Subject<Batch>()
    const branches = plan.sinks.map((planned, i) => this.connectSink(planned, this.sinks[i]))
    const main = chainOperators({
      operators: plan.operators,
      runtime,
      counts: counts.before,
      lane: (operator) => this.lane(`operator ${operator}`, 'processing-failed'),
      heldBack: this.heldBack,
      ...this.stateOf('operators'),
    })
    const ofSource = branches.filter((_, i) => plan.sinks[i].fromSource === true)
    const ofOperators = branches.filter((branch) => !ofSource.includes(branch))
    const asRead = tap<Batch>((batch) => {
      for (const branch of ofSource) branch.input.next(batch.share())
    })
    input.pipe(asRead, this.transform(), main).subscribe({
      next: (batch) => {
        if (ofOperators.length === 0) batch.settle()
        for (let copy = 1; copy < ofOperators.length; copy++) batch.share()
        for (const branch of ofOperators) branch.input.next(batch)
      },
      error: (error: unknown) => failed(operatorFailed(error)),
      complete: () => {
        for (const branch of branches) branch.input.complete()
      },
    })
    return { input, ended: Promise.all(branches.map((branch) => branch.ended)) }
  }

  /** Operators on payloads, and decoding after them; where there are none, the reader decodes. */
  private transform(): OperatorFunction<Batch, Batch> {
    const { plan, runtime, counts, memory } = this.parts
    if (!decodesInStream(plan)) return identity
    const changes = plan.transform.length > 0
    const chain = chainOperators({
      operators: plan.transform,
      runtime,
      counts: counts.before,
      lane: (operator) => this.lane(`transform ${operator}`, 'processing-failed'),
      heldBack: this.heldBack,
    })
    // Not the reader's lane: what could not be read at all overtakes what an operator still holds.
    const rejections = this.lane('decode after transform', 'format-conversion-failed')
    return (batches) =>
      batches.pipe(
        changes ? chain : identity,
        map((transformed) => {
          const batch = decodeBatch({ decoder: plan.decoder, counts, memory, rejections }, changes ? chargePayloads(transformed, memory) : transformed)
          rejections.flush(batch)
          return batch
        }),
      )
  }

  /** A lane of dead letters for one place of the pipeline. */
  lane(name: string, type: ErrorOutputType): Rejections {
    const { plan, runtime, emit, memory, failed } = this.parts
    const lane = new Rejections({
      lane: name,
      type,
      clock: runtime.clock,
      memory,
      emit,
      comparePositions: (a, b) => plan.source.source.comparePositions(a, b),
      deliver: (letters, from) => {
        this.deadLetters?.accept(letters, LAST_RESORT, from).catch((error: unknown) => failed(error))
      },
    })
    this.lanes.push(lane)
    return lane
  }

  /** Finishes the objects of a share as soon as they have rows: now, and when more come. */
  async rollShare(share: Share): Promise<void> {
    await Promise.all(this.objectSinks.map((sink) => sink.rollShare(share)))
  }

  /** Drops the objects of a share that are not committed, and resolves when nothing of it is on its way to be published. */
  async abandon(share: Share): Promise<void> {
    await Promise.all(this.objectSinks.map((sink) => sink.abandon(share)))
  }

  /** Has operators let go of the batches that they hold back. */
  letGo(): void {
    this.heldBack.letGoOfAll()
  }

  /** Sends the dead letters that wait in operators on their way. */
  flushRejections(): void {
    for (const lane of this.lanes) lane.flushAll()
  }

  /** Resolves when everything that the sinks were given is durable, and the dead letters after it. */
  async drain(): Promise<void> {
    for (const sink of this.sinks) await sink.drain()
    this.flushRejections()
    await this.deadLetters?.drain()
  }

  /** Closes what was opened, and the stores that no sink has taken. Gives the failures, where something could not be closed. */
  async close(): Promise<unknown[]> {
    const taken = new Set(this.objectSinks.map((sink) => sink.name))
    const loose = [...this.parts.stores].filter(([name]) => !taken.has(name)).map(([, store]) => store)
    const runners = [...this.sinks, ...(this.deadLetters === undefined ? [] : [this.deadLetters])]
    const results = await Promise.allSettled([...runners, ...loose].map((part) => part.close()))
    return results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  }

  private objectSinkOpener(shares: Shares): (planned: PlannedObjectSink) => ObjectSinkRunner {
    const { plan, runtime, counts, emit, memory, scratch, threads, stores, aligned, retryOf, failed } = this.parts
    return (planned) => {
      const store = stores.get(planned.name)
      if (store === undefined) throw new RangeError(`no store for sink \`${planned.name}\``)
      const runner = new ObjectSinkRunner({
        planned,
        store,
        // Each sink keeps its own promise; dead letters come from everywhere, and keep the pipeline's at most.
        delivery: planned.name === DEAD_LETTER_SINK && plan.delivery === 'at-least-once' ? plan.delivery : planned.contract.delivery,
        runtime,
        shares,
        memory,
        scratch,
        threads,
        counts: counts.sink(planned.name),
        retry: retryOf(planned.name, planned.retry),
        emit,
        ...(aligned === undefined ? {} : { requestBarrier: () => aligned.request('pressure') }),
        comparePositions: (a, b) => plan.source.source.comparePositions(a, b),
        failed,
      })
      runner.start()
      return runner
    }
  }

  private connectSink(planned: PlannedSink, runner: SinkRunner): { input: Subject<Batch>; ended: Promise<void> } {
    const { runtime, counts, failed } = this.parts
    const input = new Subject<Batch>()
    const chain = chainOperators({
      operators: planned.operators,
      runtime,
      counts: counts.sink(planned.name),
      lane: (operator) => this.lane(`sink ${planned.name} operator ${operator}`, 'processing-failed'),
      heldBack: this.heldBack,
      ...this.stateOf(`sink ${planned.name}`),
    })
    const rejections = this.lane(`sink ${planned.name}`, planned.kind === 'object' ? 'processing-failed' : 'delivery-failed')
    const overflow =
      planned.kind === 'object' && planned.sink.activePartitions !== undefined
        ? this.lane(`sink ${planned.name} partitions`, 'activePartitionExceeded')
        : undefined
    const accept = (batch: Batch): Promise<void> =>
      runner instanceof ObjectSinkRunner ? runner.accept(batch, rejections, '', overflow) : runner.accept(batch, rejections)
    const ended = new Promise<void>((resolve) => {
      input.pipe(chain, this.heldBack.deliver(accept)).subscribe({
        error: (error: unknown) => {
          failed(operatorFailed(error))
          resolve()
        },
        complete: resolve,
      })
    })
    return { input, ended }
  }

  private stateOf(chain: string): Pick<ChainParts, 'state'> {
    const { aligned } = this.parts
    return aligned === undefined ? {} : { state: (operator) => aligned.operators.at(`${chain} ${operator}`) }
  }
}

/** A dead letter that cannot be kept ends the run: nothing is dropped silently. */
const LAST_RESORT: RejectRows = {
  add: (_batch, _row, rejection) => {
    throw new StandpipeError(`a dead letter cannot be kept: ${rejection.message}`, { code: 'SINK_REJECTED', component: DEAD_LETTER_SINK })
  },
  flush: () => undefined,
}

function operatorFailed(error: unknown): unknown {
  if (error instanceof Error && ('code' in error || error.name === 'RewindError')) return error
  return new StandpipeError(`an operator threw: ${error instanceof Error ? error.message : String(error)}`, { code: 'OPERATOR_FAILED', cause: error })
}

import type { LedgerStore, ObjectStore, Runtime } from '../component/index.js'
import { StandpipeError, type Position, type ShardId } from '../model/index.js'
import type { OperatorStates } from './aligned/operator-states.js'
import { recoverSet } from './aligned/recover-set.js'
import { StateStore } from './aligned/state-store.js'
import type { EmitEvent } from './events.js'
import { LedgerSession } from './ledger/session.js'
import { withRetry, type RetryContext } from './links/retry.js'
import type { Plan, PlannedObjectSink, RetryPolicy } from './plan.js'
import { listLooseObjects, recoverStaged, type LooseObject, type RecoveryParts } from './recovery.js'

/** Retries of the ledger and of recovery: for ever, since nothing can go on without them. */
const LEDGER_RETRY: RetryPolicy = { initialMs: 100, maximumMs: 10_000, timeoutMs: 60_000 }

/** Builds the retry of one part of the run. */
export type RetryOf = (component: string, policy: RetryPolicy) => RetryContext

/** The retry of the ledger, and of everything that has to succeed before reading can begin. */
export function retryOfLedger(retryOf: RetryOf): <T>(call: () => Promise<T>) => Promise<T> {
  const retry = retryOf('ledger', LEDGER_RETRY)
  return (call) => withRetry(retry, call)
}

/** What taking a pipeline over works on. */
export interface TakeOverParts {
  readonly plan: Plan
  readonly runtime: Runtime
  readonly ledger: LedgerStore
  readonly emit: EmitEvent
  readonly retryOf: RetryOf
  /** Told after a checkpoint is durable. */
  checkpointed(shard: ShardId, position: Position): void
}

/** Opens the store of every object sink into `stores`, and lists what lies staged there. Ends early once `stopping` is aborted. */
export async function openStores({ plan, runtime, retryOf }: Pick<TakeOverParts, 'plan' | 'runtime' | 'retryOf'>, stores: Map<string, ObjectStore>, stopping: AbortSignal): Promise<LooseObject[]> {
  const loose: LooseObject[] = []
  for (const planned of objectSinksOf(plan)) {
    const store = planned.sink.createStore(runtime)
    stores.set(planned.name, store)
    const retry = { ...retryOf(planned.name, planned.retry), signal: AbortSignal.any([runtime.signal, stopping]) }
    const warnings = await withRetry(retry, () => store.open(runtime.signal))
    for (const warning of warnings) runtime.log.warn(warning, { sink: planned.name })
    loose.push(...(await withRetry(retry, () => listLooseObjects(store))))
  }
  return loose
}

/** Takes the ledger over, which fences whoever held it. */
export function openLedger({ plan, ledger, emit, retryOf, checkpointed }: TakeOverParts): Promise<{ session: LedgerSession; resumed: boolean }> {
  const { source } = plan.source
  return LedgerSession.open({
    store: ledger,
    pipeline: plan.name,
    fingerprint: plan.fingerprint,
    configuration: plan.configuration,
    retry: retryOf('ledger', LEDGER_RETRY),
    emit,
    comparePositions: (a, b) => source.comparePositions(a, b),
    checkpointed,
  })
}

/** Finishes what an earlier run staged: publishes it, or takes back what it moved where it is gone. */
export async function finishStaged(parts: TakeOverParts, session: LedgerSession, stores: ReadonlyMap<string, ObjectStore>): Promise<RecoveryParts> {
  const { plan, runtime, emit, retryOf } = parts
  const recovery: RecoveryParts = {
    stores,
    ledger: session,
    fingerprint: plan.fingerprint,
    emit,
    now: () => runtime.clock.now(),
    retry: retryOfLedger(retryOf),
  }
  if (session.document.aligned?.previous === undefined) await recoverStaged(recovery)
  else await recoverSet(recovery)
  return recovery
}

/** Gives the operators the state they go on from; a pipeline that keeps none (`operators` undefined) refuses one that is there. */
export async function restoreStates({ ledger, retryOf }: TakeOverParts, session: LedgerSession, operators: OperatorStates | undefined): Promise<void> {
  const states = new StateStore(ledger, retryOfLedger(retryOf))
  await states.collect(session.document)
  const state = session.document.aligned?.state
  if (operators !== undefined) operators.restore(await states.load(state))
  else if (state !== undefined) {
    throw new StandpipeError('the ledger holds the state of operators that the pipeline no longer has; finish with the former configuration by `standpipe run --stored FILE`, or reset the pipeline', {
      code: 'CONFIG_CHANGED',
    })
  }
}

function objectSinksOf(plan: Plan): PlannedObjectSink[] {
  return [...plan.sinks.filter((sink) => sink.kind === 'object'), plan.deadLetter]
}

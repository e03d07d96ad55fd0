import { join } from 'node:path'
import type { LedgerStore } from '../component/index.js'
import { systemClock } from '../model/index.js'
import { Attempt } from './attempt.js'
import { Counts } from './counts.js'
import { EventLog } from './event-log.js'
import type { EngineEvent } from './events.js'
import { ledgerOf, readLedger } from './ledger/plan-ledger.js'
import type { Plan } from './plan.js'
import { SILENT, type RunOptions } from './run.js'

/** What a recovery may be given. */
export interface RecoveryOptions extends Omit<RunOptions, 'catchUp' | 'ledger'> {
  /** By default files under the plan's state directory. It is not closed. */
  readonly ledger?: LedgerStore
}

/** An object that was staged, and what became of it. */
export type RecoveredObject = Extract<EngineEvent, { readonly type: 'StagedObjectRecovered' }>

/**
 * Finishes what an earlier run staged, without reading the source: each object is published, or its entry
 * dropped where it is gone. Takes the ledger over only where something is staged; a process that still runs
 * the pipeline is fenced then. Rejects with a StandpipeError.
 */
export async function recoverPipeline(plan: Plan, options: RecoveryOptions = {}): Promise<readonly RecoveredObject[]> {
  const { ledger = ledgerOf(plan), clock = systemClock, log = SILENT } = options
  const known = options.ledger === undefined ? await readLedger(plan) : await ledger.load()
  if (known === undefined || known.staged.length === 0) return []
  const abort = new AbortController()
  const stop = (): void => abort.abort(options.signal?.reason)
  if (options.signal?.aborted === true) stop()
  options.signal?.addEventListener('abort', stop, { once: true })
  const recovered: RecoveredObject[] = []
  const eventLog = new EventLog(log, plan.name, clock)
  const attempt = new Attempt({
    plan,
    runtime: { pipeline: plan.name, clock, log, signal: abort.signal },
    counts: new Counts(plan.sinks.map((sink) => sink.name)),
    emit: (event) => {
      if (event.type === 'StagedObjectRecovered') recovered.push(event)
      eventLog.write(event)
    },
    abort,
    stopping: abort.signal,
    ledger,
    scratchPath: join(plan.stateDirectory, 'scratch'),
  })
  try {
    await attempt.runRecovery()
    return recovered
  } finally {
    if (options.ledger === undefined) await ledger.close()
    options.signal?.removeEventListener('abort', stop)
  }
}

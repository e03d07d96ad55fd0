import { rowToObject, type Batch, type RowObject } from '../model/index.js'

/** What a user's function made of a row, or what it threw. */
export type Outcome = { readonly result: unknown } | { readonly error: unknown }

/** A function to call for each row of a batch. */
export interface RowCall {
  /** May return a promise. */
  readonly invoke: (row: RowObject) => unknown
  /** How many promises may be pending. */
  readonly concurrency: number
  /** Once aborted, no further row is begun and the outcomes are incomplete. */
  readonly signal: AbortSignal
}

/**
 * The outcomes for the rows of a batch, in their order. Not a promise as long as the function returns none: a
 * synchronous function costs no promise for each row.
 */
export function callRows(batch: Batch, call: RowCall): readonly Outcome[] | Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  for (let i = 0; i < batch.rowCount; i++) {
    const returned = attempt(call, batch, i)
    if (isPending(returned)) return callConcurrently(batch, call, outcomes, returned.result)
    outcomes.push(returned)
  }
  return outcomes
}

/** Goes on after the rows that are done; the call for the next one has been made. */
async function callConcurrently(batch: Batch, call: RowCall, outcomes: Outcome[], first: PromiseLike<unknown>): Promise<readonly Outcome[]> {
  const begun = outcomes.length
  let next = begun + 1
  const work = async (): Promise<void> => {
    while (next < batch.rowCount && !call.signal.aborted) {
      const index = next++
      const returned = attempt(call, batch, index)
      outcomes[index] = isPending(returned) ? await settled(returned.result) : returned
    }
  }
  const continueFirst = async (): Promise<void> => {
    outcomes[begun] = await settled(first)
    await work()
  }
  await Promise.all([continueFirst(), ...Array.from({ length: call.concurrency - 1 }, work)])
  return outcomes
}

function attempt(call: RowCall, batch: Batch, index: number): Outcome {
  try {
    return { result: call.invoke(rowToObject(batch.rows, batch.rowAt(index))) }
  } catch (error) {
    return { error }
  }
}

async function settled(pending: PromiseLike<unknown>): Promise<Outcome> {
  try {
    return { result: await pending }
  } catch (error) {
    return { error }
  }
}

function isPending(outcome: Outcome): outcome is { readonly result: PromiseLike<unknown> } {
  return 'result' in outcome && isPromise(outcome.result)
}

/** Whether a function's result is to be waited for. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

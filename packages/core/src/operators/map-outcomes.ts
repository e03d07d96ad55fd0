import type { OperatorRuntime } from '../component/index.js'
import { appendObject, createColumns, StandpipeError, ValueMismatchError, type Batch, type Columns, type Rejection, type Schema } from '../model/index.js'
import type { Outcome } from './call-rows.js'

/** Rejection codes of `map`. */
const FUNCTION_ERROR = 'Operator.FunctionError'
const FUNCTION_RESULT = 'Operator.FunctionResult'
const FUNCTION_TIMEOUT = 'Operator.FunctionTimeout'

/** The batch with the rows that a function made of its rows; what failed is rejected, all rows of the record's or none. */
export function applyOutcomes(batch: Batch, outcomes: readonly Outcome[], schema: Schema, runtime: OperatorRuntime): Batch {
  const rows = createColumns(schema, batch.rowCount)
  const records: number[] = []
  let added = 0
  let dropped = 0
  for (let i = 0; i < outcomes.length; i++) {
    const row = batch.rowAt(i)
    const before = rows.rowCount
    const rejection = appendOutcome(rows, outcomes[i])
    if (rejection !== undefined) {
      rows.rowCount = before
      runtime.reject(batch, row, rejection)
      continue
    }
    const made = rows.rowCount - before
    for (let k = 0; k < made; k++) records.push(batch.recordAt(row))
    if (made === 0) dropped += 1
    else added += made - 1
  }
  runtime.added(added)
  runtime.dropped(dropped)
  return batch.withRows(rows, { selection: null, recordOfRow: Int32Array.from(records) })
}

function appendOutcome(rows: Columns, outcome: Outcome): Rejection | undefined {
  if ('error' in outcome) return { code: isTimeout(outcome.error) ? FUNCTION_TIMEOUT : FUNCTION_ERROR, message: `map: ${messageOf(outcome.error)}` }
  const { result } = outcome
  if (result === null) return undefined
  for (const made of Array.isArray(result) ? (result as readonly unknown[]) : [result]) {
    if (typeof made !== 'object' || made === null || Array.isArray(made)) {
      const hint = made === undefined ? '; return null to drop the record' : ''
      return { code: FUNCTION_RESULT, message: `map: the function returned ${made === null ? 'null in a list' : typeof made}, not a row${hint}` }
    }
    try {
      appendObject(rows, made as Readonly<Record<string, unknown>>)
    } catch (error) {
      if (!(error instanceof ValueMismatchError)) throw error
      return { code: FUNCTION_RESULT, message: `map: ${error.message}` }
    }
  }
  return undefined
}

function isTimeout(error: unknown): boolean {
  return error instanceof StandpipeError && error.code === 'TIMEOUT' && error.component === 'map'
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

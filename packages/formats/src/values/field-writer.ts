import type { Column, Field } from '@standpipe/core/model'
import type { Attempt } from './attempt.js'
import { describeMismatch } from './mismatch.js'

/** Writes a value at a row; false where it does not fit the type. Does not touch `valid` of its own column. */
export type ValueSetter = (row: number, value: unknown) => boolean

/** A conversion to a type, compiled once, to be bound to the column of each batch. */
export type Conversion = (column: Column, attempt: Attempt) => ValueSetter

/** A field whose conversion is compiled. */
export interface CompiledField {
  readonly field: Field
  /** For messages: `vibration.x`, `tags[]`. */
  readonly path: string
  readonly convert: Conversion
  /** The field's default, ready to be written by `convert`; undefined for none. */
  readonly fallback?: { readonly convert: Conversion; readonly value: unknown }
}

/** A setter that takes any value, also a missing one, and keeps the field's promises: default, required, mismatch. */
export function bindField(compiled: CompiledField, column: Column, attempt: Attempt): ValueSetter {
  const { field, path, fallback } = compiled
  const set = compiled.convert(column, attempt)
  const setFallback = fallback?.convert(column, attempt)
  return (row, value) => {
    if (value === undefined || value === null) {
      if (setFallback !== undefined) {
        setFallback(row, fallback?.value)
        column.valid[row] = 1
        return true
      }
      if (!field.nullable) return attempt.fail(`field \`${path}\`: required, but ${value === null ? 'null' : 'missing'}`)
      setNull(column, row)
      return true
    }
    if (set(row, value)) {
      column.valid[row] = 1
      return true
    }
    if (attempt.failed) return false
    if (!attempt.fromSource) return attempt.askForSource()
    if (!attempt.nullOnMismatch || !field.nullable) return attempt.fail(describeMismatch(path, field.type, value))
    attempt.mismatches++
    setNull(column, row)
    return true
  }
}

/** Makes a row null, and what lies below it. Rows of lists must be written in order. */
export function setNull(column: Column, row: number): void {
  column.valid[row] = 0
  if (column.storage === 'list') column.offsets[row + 1] = column.offsets[row]
  else if (column.storage === 'struct') for (const child of column.children) setNull(child, row)
}

import type { Column } from '@standpipe/core/model'
import { bindField, type CompiledField, type ValueSetter } from '../../values/field-writer.js'
import { FAILED } from './json-bytes.js'
import type { ScanInput } from './scan-input.js'

/**
 * Reads the values of one field from bytes into its column. It is right whenever it accepts; where it fails, for whatever reason,
 * the record is read again by the plain reader, which writes all of its values anew and says what is wrong.
 */
export abstract class ValueScan {
  protected valid: Uint8Array
  /** The plain reader's conversion, for values written in a way too rare to read them here. */
  protected convert!: ValueSetter
  private setAbsent: ValueSetter | undefined

  constructor(
    protected readonly input: ScanInput,
    private readonly field: CompiledField,
  ) {
    this.valid = input.bytes
  }

  /** Turns to the column of the next batch. */
  bind(column: Column): void {
    const { field, input } = this
    this.convert = field.convert(column, input.attempt)
    const simple = field.field.nullable && field.fallback === undefined && column.storage !== 'struct' && column.storage !== 'list'
    this.setAbsent = simple ? undefined : bindField(field, column, input.attempt)
    this.refresh(column)
  }

  /** Takes the column's arrays, which are replaced when it grows. */
  refresh(column: Column): void {
    this.valid = column.valid
  }

  /** Reads the value at `at`, which is not `null`, into a row, and returns the offset after it, or FAILED. */
  abstract scan(bytes: Uint8Array, at: number, row: number): number

  /** Writes what a missing or null value stands for; false where the field is required. */
  absent(row: number): boolean {
    if (this.setAbsent !== undefined) return this.setAbsent(row, undefined)
    this.valid[row] = 0
    return true
  }

  /** Writes a value by the plain reader's conversion, and returns `next`, or FAILED. */
  protected converted(row: number, value: unknown, next: number): number {
    if (!this.convert(row, value)) return FAILED
    this.valid[row] = 1
    return next
  }
}

import { createColumn, type Column } from '@standpipe/core/model'
import { Attempt } from '../../values/attempt.js'
import { ExactNumber } from '../../values/exact-number.js'
import type { CompiledField, Conversion } from '../../values/field-writer.js'
import type { Address, ScanEngine, ScanHost } from './scan-engine.js'

/**
 * Converts for the scanner what it does not read itself, by the plain reader's conversions: each into a column of one row, whose
 * value goes to the scanner's scratch memory. Why a value is refused is not used: the plain reader says it.
 */
export class ScanConversions implements ScanHost {
  private readonly attempt = new Attempt(false)

  /** `fields` are those of the plan that `engine` was told, by number; both may be given later than this is made. */
  constructor(
    private readonly engine: () => ScanEngine,
    private readonly fields: () => readonly CompiledField[],
  ) {}

  readonly convertText = (field: number, start: Address, end: Address): number => {
    const written = this.textAt(start, end)
    const { convert } = this.fields()[field]
    return this.convert(field, convert, written.includes('\\') ? JSON.parse(written) : written.slice(1, -1))
  }

  readonly convertNumber = (field: number, start: Address, end: Address): number => {
    return this.convert(field, this.fields()[field].convert, new ExactNumber(this.textAt(start, end)))
  }

  readonly convertDefault = (field: number): number => {
    const { fallback } = this.fields()[field]
    return fallback === undefined ? 0 : this.convert(field, fallback.convert, fallback.value)
  }

  private convert(field: number, convert: Conversion, value: unknown): number {
    const column = createColumn(this.fields()[field].field.type, 1)
    if (!convert(column, this.attempt)(0, value)) return 0
    const bytes = bytesOfRow(column)
    new Uint8Array(this.engine().memory.buffer).set(bytes, this.engine().scratchAddress())
    return bytes.length + 1
  }

  private textAt(start: Address, end: Address): string {
    return Buffer.from(this.engine().memory.buffer, start, end - start).toString()
  }
}

function bytesOfRow(column: Column): Uint8Array {
  if (column.storage === 'struct' || column.storage === 'list') throw new TypeError(`a ${column.storage} is not converted as one value`)
  if (column.storage === 'bytes') return column.dictionary.valueAt(column.values[0])
  return new Uint8Array(column.values.buffer)
}

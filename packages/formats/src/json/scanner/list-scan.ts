import { reserveRows, type Column, type ListColumn } from '@standpipe/core/model'
import type { CompiledField } from '../../values/field-writer.js'
import { COMMA, endOfNull, FAILED, LETTER_N, LIST_CLOSE, LIST_OPEN, skipSpace } from './json-bytes.js'
import type { ScanInput } from './scan-input.js'
import { ValueScan } from './value-scan.js'

/** Reads lists. */
export class ListScan extends ValueScan {
  private list!: ListColumn
  private offsets!: Int32Array
  /** Elements there is room for. */
  private room = 0

  constructor(
    input: ScanInput,
    field: CompiledField,
    private readonly element: ValueScan,
  ) {
    super(input, field)
  }

  override bind(column: Column): void {
    super.bind(column)
    const { child } = this.list
    this.element.bind(child)
    this.room = child.valid.length
  }

  override refresh(column: Column): void {
    super.refresh(column)
    this.list = column as ListColumn
    this.offsets = this.list.offsets
  }

  scan(bytes: Uint8Array, at: number, row: number): number {
    if (bytes[at] !== LIST_OPEN) return FAILED
    let next = this.offsets[row]
    at = skipSpace(bytes, at + 1)
    if (bytes[at] === LIST_CLOSE) at++
    else {
      for (;;) {
        if (next >= this.room) this.grow(next)
        at = this.scanElement(bytes, at, next++)
        if (at === FAILED) return FAILED
        at = skipSpace(bytes, at)
        const byte = bytes[at++]
        if (byte === LIST_CLOSE) break
        if (byte !== COMMA) return FAILED
        at = skipSpace(bytes, at)
      }
    }
    this.offsets[row + 1] = next
    this.valid[row] = 1
    return at
  }

  private scanElement(bytes: Uint8Array, at: number, row: number): number {
    const { element } = this
    if (bytes[at] !== LETTER_N) return element.scan(bytes, at, row)
    return element.absent(row) ? endOfNull(bytes, at) : FAILED
  }

  private grow(rows: number): void {
    const { child } = this.list
    reserveRows(child, rows + 1)
    this.element.refresh(child)
    this.room = child.valid.length
  }
}

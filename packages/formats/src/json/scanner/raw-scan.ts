import { BytesScan } from './bytes-scan.js'
import { FAILED } from './json-bytes.js'
import type { ScanInput } from './scan-input.js'
import { skipValue } from './skip-value.js'
import type { CompiledField } from '../../values/field-writer.js'

/** Keeps values of any kind as the text they are written with. */
export class RawScan extends BytesScan {
  /** `depth` is how many objects and lists the values lie in. */
  constructor(
    input: ScanInput,
    field: CompiledField,
    private readonly depth: number,
  ) {
    super(input, field)
  }

  scan(bytes: Uint8Array, at: number, row: number): number {
    const end = skipValue(bytes, at, this.depth, this.input.end)
    if (end !== FAILED) this.put(row, bytes, at, end)
    return end
  }
}

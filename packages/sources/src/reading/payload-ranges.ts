import type { Rejection } from '@standpipe/core'

/** Where payloads lie in a buffer, and which of them are bad, by index. */
export interface PayloadParts {
  readonly bytes: Uint8Array
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly problems?: ReadonlyMap<number, Rejection>
}

/** What blocks of payloads have in common: ranges of one buffer, without copies. */
export abstract class PayloadRanges {
  readonly count: number
  readonly bytes: Uint8Array
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly problem?: (index: number) => Rejection | undefined

  constructor({ bytes, starts, ends, problems }: PayloadParts) {
    this.bytes = bytes
    this.starts = starts
    this.ends = ends
    this.count = starts.length
    if (problems !== undefined && problems.size > 0) this.problem = (index) => problems.get(index)
  }

  payload(index: number): Uint8Array {
    return this.bytes.subarray(this.starts[index], this.ends[index])
  }
}

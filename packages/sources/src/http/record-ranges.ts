import { RefusedError } from './refusal.js'

/** Where the records of a body lie in it, in their order: record `i` is `[starts[i], ends[i])`. */
export class RecordRanges {
  starts: Int32Array
  ends: Int32Array
  count = 0

  /** For a body of so many bytes, with at most `maxRecords` in it. */
  constructor(
    bodyBytes: number,
    private readonly maxRecords: number,
  ) {
    const guess = Math.min(maxRecords, 1 + (bodyBytes >> 7))
    this.starts = new Int32Array(guess)
    this.ends = new Int32Array(guess)
  }

  /** Adds a record. Throws a RefusedError of 413 where there are too many. */
  add(start: number, end: number): void {
    if (this.count === this.maxRecords) throw new RefusedError(413, `the body has more than ${this.maxRecords} records (limits.records)`)
    if (this.count === this.starts.length) {
      this.starts = grown(this.starts)
      this.ends = grown(this.ends)
    }
    this.starts[this.count] = start
    this.ends[this.count++] = end
  }

  /** Takes back all records but the first `count`. */
  cutTo(count: number): void {
    this.count = count
  }

  /** Takes the first record out. */
  takeFirst(): { readonly start: number; readonly end: number } {
    const first = { start: this.starts[0], end: this.ends[0] }
    this.starts = this.starts.subarray(1)
    this.ends = this.ends.subarray(1)
    this.count -= 1
    return first
  }

  /** Leaves only the records of which that is true. */
  keep(isKept: (index: number) => boolean): void {
    let kept = 0
    for (let i = 0; i < this.count; i++) {
      if (!isKept(i)) continue
      this.starts[kept] = this.starts[i]
      this.ends[kept++] = this.ends[i]
    }
    this.count = kept
  }
}

function grown(values: Int32Array): Int32Array {
  const more = new Int32Array(values.length * 2)
  more.set(values)
  return more
}

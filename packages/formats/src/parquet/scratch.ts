interface GrowingArray {
  readonly length: number
}

/**
 * Memory that is used again for one column after another: encoding is synchronous, so nobody else has it meanwhile. Fresh arrays
 * for each column would be a third of what is allocated on the way to Parquet, and the collector's work grows with that.
 */
export class Scratch<T extends GrowingArray> {
  private array: T

  constructor(private readonly allocate: (length: number) => T) {
    this.array = allocate(0)
  }

  /** At least `length` elements, with whatever was in them; what was taken before is written over. */
  take(length: number): T {
    if (this.array.length < length) this.array = this.allocate(Math.max(length, this.array.length * 2))
    return this.array
  }
}

/** Numbers of 32 bits, to be used again. */
export function int32Scratch(): Scratch<Int32Array> {
  return new Scratch((length) => new Int32Array(length))
}

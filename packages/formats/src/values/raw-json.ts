/** A JSON value kept as the text it was written with: what a `json` column stores. */
export class RawJson {
  /** `value` is what the text stands for, for a field of another type that reads the same member. */
  constructor(
    readonly text: string,
    readonly value: unknown,
  ) {}
}

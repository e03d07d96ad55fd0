/** What is wrong in a prefix, and where. */
export class PrefixError extends Error {
  override readonly name = 'PrefixError'

  constructor(
    message: string,
    /** Index in the prefix. */
    readonly offset: number,
    /** What to do about it. */
    readonly hint?: string,
  ) {
    super(message)
  }
}

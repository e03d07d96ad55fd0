/** What is wrong in an expression, and where. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'

  constructor(
    message: string,
    /** The part of the text that is meant: `[start, end)`. */
    readonly start: number,
    readonly end: number,
    /** What to do about it. */
    readonly hint?: string,
  ) {
    super(message)
  }
}

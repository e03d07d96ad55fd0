/** What is wrong with a jq program, where it is written. */
export class JqSyntaxError extends Error {
  override readonly name = 'JqSyntaxError'

  constructor(
    message: string,
    /** Index in the program. */
    readonly offset: number,
    readonly hint?: string,
  ) {
    super(message)
  }
}

/** What a program says of an input that it cannot process; `?` and `//` pass over it. */
export class JqValueError extends Error {
  override readonly name = 'JqValueError'
}

/** Why a request is not accepted: nothing of it was kept. `reason` never holds anything of what was sent. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'

  constructor(
    /** The HTTP status: 400, 401, 404, … */
    readonly status: number,
    readonly reason: string,
    readonly more: { readonly headers?: Readonly<Record<string, string>>; readonly cause?: unknown } = {},
  ) {
    super(reason, more.cause === undefined ? undefined : { cause: more.cause })
  }
}

/** A refusal that passes: the client may try again after so many seconds. */
export function busy(status: 429 | 503, reason: string, afterSeconds: number, cause?: unknown): RefusedError {
  return new RefusedError(status, reason, { headers: { 'Retry-After': String(afterSeconds) }, cause })
}

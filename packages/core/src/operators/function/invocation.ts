/** Firehose's codes for what becomes of an invocation (aws-semantics.md A.9), and of a record in it. */
export type InvocationCode =
  | 'Lambda.FunctionError'
  | 'Lambda.FunctionTimedOut'
  | 'Lambda.InvokeLimitExceeded'
  | 'Lambda.InvokeAccessDenied'
  | 'Lambda.ResourceNotFound'
  | 'Lambda.InvokeFailed'
  | 'Lambda.JsonProcessingException'
  | 'Lambda.MissingRecordId'
  | 'Lambda.DuplicatedRecordId'
  | 'Lambda.ProcessingFailedStatus'

/** An invocation without an answer. */
export class InvocationError extends Error {
  override readonly name = 'InvocationError'

  constructor(
    readonly code: InvocationCode,
    message: string,
    /** Whose failure it is: the function's own; of what stands before it, and passing; or of that, and for good. */
    readonly blame: 'function' | 'unreachable' | 'refused',
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause })
  }
}

/** What calls the function. Several calls may be on their way at a time. */
export interface FunctionCaller {
  /** Resolves to the answer as JSON text; throws an {@link InvocationError}, or the signal's reason. `event` is JSON text. */
  invoke(event: string, signal: AbortSignal): Promise<string>
  /** Ends what was started for calls. */
  close(): void
}

/** Lambda's limit for the event and for the answer. */
export const MAX_EVENT_BYTES = 6_291_556

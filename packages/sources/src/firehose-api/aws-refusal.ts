import { RefusedError } from '../http/refusal.js'

/** A refusal in the words of an AWS API: its code, which clients read, and its message. The status is 400 unless the fault is ours. */
export class AwsRefusal extends RefusedError {
  constructor(
    /** `ResourceNotFoundException`, `ValidationException`, … */
    readonly code: string,
    message: string,
    status = 400,
  ) {
    super(status, message)
  }
}

/** What an AWS API calls a refusal that has no words of its own: too large, too busy, too slow. */
export function awsCodeOf(error: RefusedError): string {
  if (error instanceof AwsRefusal) return error.code
  if (error.status === 401 || error.status === 403) return 'AccessDeniedException'
  if (error.status === 413) return 'RequestEntityTooLargeException'
  if (error.status === 429 || error.status === 503) return 'ServiceUnavailableException'
  return error.status >= 500 ? 'InternalFailure' : 'InvalidArgumentException'
}

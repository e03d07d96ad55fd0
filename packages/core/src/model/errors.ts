import { ERROR_CODES, type ErrorCode } from './error-codes.js'

/** What every error that Standpipe throws carries, beside its message. */
export interface ErrorParts {
  /** From the table in `error-codes.ts`. */
  readonly code: ErrorCode
  /** Whether trying the same thing again may succeed. */
  readonly retryable?: boolean
  /** Name of the component it came from: `s3`, `file`. */
  readonly component?: string
  readonly cause?: unknown
}

/** An error with a code, whether to retry, where it came from, and what to do about it. */
export class StandpipeError extends Error {
  override readonly name = 'StandpipeError'
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly component: string | undefined

  constructor(message: string, parts: ErrorParts) {
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause })
    this.code = parts.code
    this.retryable = parts.retryable ?? false
    this.component = parts.component
  }

  /** What a person can do about it. */
  get hint(): string {
    return ERROR_CODES[this.code]
  }
}

/** Why a record could not be processed. Data, not an exception: it goes to the dead letters. */
export interface Rejection {
  /** Firehose's code where it has one: `DataFormatConversion.ParseError`, `DataFormatConversion.MalformedData`. */
  readonly code: string
  /** Says where and what: ``field `temperature`: expected double, found "warm"``. No payload beyond the value in question. */
  readonly message: string
  /** How often it was tried; 1 where absent. */
  readonly attempts?: number
  /** The function that did not process it, as Firehose names it in an error record. */
  readonly lambdaArn?: string
  /** Value of `!{firehose:error-output-type}`, where it is not the one of the place that rejects. */
  readonly errorOutputType?: 'decompression-failed'
}

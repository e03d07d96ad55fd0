import { StandpipeError, type ErrorCode } from '@standpipe/core/model'

/** What an AWS client said, without what it knows: no headers, no signatures, no request. */
export class AwsFailure extends Error {
  /** Name of the error as AWS gives it: `NoSuchBucket`, `SlowDown`. */
  override readonly name: string
  /** HTTP status; undefined where there was no answer. */
  readonly status: number | undefined
  readonly requestId: string | undefined

  constructor(error: { readonly name: string; readonly message: string; readonly status?: number; readonly requestId?: string }) {
    super(error.message)
    this.name = error.name
    this.status = error.status
    this.requestId = error.requestId
  }
}

/** What failed, for {@link mapAwsError}. */
export interface AwsCall {
  /** The component: `s3`, `kinesis`. */
  readonly component: string
  /** What was tried, for the message: ``complete `telemetry/a.parquet` ``. */
  readonly action: string
  /** Which side of the pipeline it is; decides between SOURCE_… and SINK_… codes. `sink` by default. */
  readonly side?: 'source' | 'sink'
}

type Verdict = 'unreachable' | 'busy' | 'timeout' | 'denied' | 'expired' | 'absent' | 'refused'

/**
 * The StandpipeError for what an AWS client threw, judged by the error's name, code and HTTP status, never
 * by its text. Retryable: no connection, time-outs, 5xx, throttling, conflicts, expired credentials. Not
 * retryable: access denied, a bucket or stream that does not exist, every other 4xx. Its cause is an
 * {@link AwsFailure}. A StandpipeError is returned as it is.
 */
export function mapAwsError(error: unknown, call: AwsCall): StandpipeError {
  if (error instanceof StandpipeError) return error
  const { name, code, status, message, requestId } = readError(error)
  const verdict = judge(name, code, status)
  const what = status === undefined ? (code ?? name) : `${name}, HTTP ${status}`
  return new StandpipeError(`cannot ${call.action}: ${message === '' ? what : `${message} (${what})`}`, {
    ...outcome(verdict, call.side ?? 'sink'),
    component: call.component,
    cause: new AwsFailure({ name, message, status, requestId }),
  })
}

/** Name of the error as AWS gives it (`NoSuchUpload`); `Error` where the connection failed. */
export function awsErrorName(error: unknown): string {
  return readError(error).name
}

/** HTTP status of the error; undefined where there was no answer. */
export function awsErrorStatus(error: unknown): number | undefined {
  return readError(error).status
}

interface ReadError {
  readonly name: string
  readonly code: string | undefined
  readonly status: number | undefined
  readonly message: string
  readonly requestId: string | undefined
}

function readError(error: unknown): ReadError {
  if (!(error instanceof Error)) return { name: 'Error', code: undefined, status: undefined, message: String(error), requestId: undefined }
  if (error instanceof AwsFailure) return { ...error, name: error.name, message: error.message, code: undefined }
  const known = error as Error & { code?: unknown; Code?: unknown; $metadata?: { httpStatusCode?: number; requestId?: string } }
  const code = known.code ?? known.Code
  const text = error.message === 'UnknownError' || error.message === error.name ? '' : error.message
  return {
    name: error.name,
    code: typeof code === 'string' ? code : undefined,
    status: known.$metadata?.httpStatusCode,
    message: text,
    requestId: known.$metadata?.requestId,
  }
}

const BY_NAME: Readonly<Record<string, Verdict>> = {
  NoSuchBucket: 'absent',
  ResourceNotFoundException: 'absent',
  PermanentRedirect: 'refused',
  NotImplemented: 'refused',
  InternalError: 'unreachable',
  SlowDown: 'busy',
  RequestLimitExceeded: 'busy',
  Throttling: 'busy',
  ThrottlingException: 'busy',
  ThrottledException: 'busy',
  TooManyRequestsException: 'busy',
  ProvisionedThroughputExceededException: 'busy',
  LimitExceededException: 'busy',
  ConditionalRequestConflict: 'busy',
  OperationAborted: 'busy',
  RequestTimeout: 'timeout',
  TimeoutError: 'timeout',
  AccessDenied: 'denied',
  AccessDeniedException: 'denied',
  CredentialsProviderError: 'denied',
  InvalidAccessKeyId: 'denied',
  SignatureDoesNotMatch: 'denied',
  UnrecognizedClientException: 'denied',
  ExpiredToken: 'expired',
  ExpiredTokenException: 'expired',
  RequestExpired: 'expired',
  RequestTimeTooSkewed: 'expired',
}

function judge(name: string, code: string | undefined, status: number | undefined): Verdict {
  // The SDK calls a connection that was cut (ECONNRESET, EPIPE) a TimeoutError as well; only the code tells.
  if (status === undefined && name === 'TimeoutError' && code !== undefined && code !== 'ETIMEDOUT') return 'unreachable'
  const named = BY_NAME[name] ?? (code === undefined ? undefined : BY_NAME[code])
  if (named !== undefined) return named
  if (status === undefined) return 'unreachable'
  if (status === 501) return 'refused'
  if (status >= 500) return 'unreachable'
  if (status === 409 || status === 429) return 'busy'
  if (status === 401 || status === 403) return 'denied'
  if (status === 404) return 'absent'
  if (status === 408) return 'timeout'
  // An answer that was cut, or that is not what the protocol says, arrives under a success status.
  return status < 300 ? 'unreachable' : 'refused'
}

function outcome(verdict: Verdict, side: 'source' | 'sink'): { code: ErrorCode; retryable: boolean } {
  const retryable = verdict === 'unreachable' || verdict === 'busy' || verdict === 'timeout' || verdict === 'expired'
  if (verdict === 'timeout') return { code: 'TIMEOUT', retryable }
  if (side === 'source') return { code: 'SOURCE_UNREADABLE', retryable }
  const codes = {
    unreachable: 'SINK_UNREACHABLE',
    busy: 'SINK_BUSY',
    denied: 'SINK_ACCESS_DENIED',
    expired: 'SINK_ACCESS_DENIED',
    absent: 'SINK_NOT_FOUND',
    refused: 'SINK_REJECTED',
  } as const
  return { code: codes[verdict], retryable }
}

import { inspect } from 'node:util'
import { StandpipeError } from '@standpipe/core/model'
import { describe, expect, it } from 'vitest'
import { mapAwsError, type AwsCall } from './aws-errors.js'

const call: AwsCall = { component: 's3', action: 'write a.parquet' }
const failure = (name: string, status?: number, code?: string): Error =>
  Object.assign(new Error('no'), { name, code, $metadata: { httpStatusCode: status, requestId: 'R1' } })

describe('mapAwsError', () => {
  it.each<[string, number | undefined, string | undefined, string, boolean]>([
    ['SlowDown', 503, undefined, 'SINK_BUSY', true],
    ['ThrottlingException', 400, undefined, 'SINK_BUSY', true],
    ['ConditionalRequestConflict', 409, undefined, 'SINK_BUSY', true],
    ['InternalError', 500, undefined, 'SINK_UNREACHABLE', true],
    ['Unknown', 502, undefined, 'SINK_UNREACHABLE', true],
    ['SyntaxError', 200, undefined, 'SINK_UNREACHABLE', true],
    ['Error', undefined, 'ECONNREFUSED', 'SINK_UNREACHABLE', true],
    ['TimeoutError', undefined, 'ECONNRESET', 'SINK_UNREACHABLE', true],
    ['TimeoutError', undefined, 'ETIMEDOUT', 'TIMEOUT', true],
    ['RequestTimeout', 400, undefined, 'TIMEOUT', true],
    ['ExpiredToken', 400, undefined, 'SINK_ACCESS_DENIED', true],
    ['AccessDenied', 403, undefined, 'SINK_ACCESS_DENIED', false],
    ['CredentialsProviderError', undefined, undefined, 'SINK_ACCESS_DENIED', false],
    ['NoSuchBucket', 404, undefined, 'SINK_NOT_FOUND', false],
    ['NotImplemented', 501, undefined, 'SINK_REJECTED', false],
    ['InvalidPart', 400, undefined, 'SINK_REJECTED', false],
  ])('maps %s (status %s, code %s) to %s', (name, status, code, expected, retryable) => {
    expect(mapAwsError(failure(name, status, code), call)).toMatchObject({ code: expected, retryable, component: 's3' })
  })

  it('gives sources their own codes', () => {
    expect(mapAwsError(failure('AccessDenied', 403), { ...call, side: 'source' })).toMatchObject({ code: 'SOURCE_UNREADABLE', retryable: false })
  })

  it('says what was tried and what was answered', () => {
    expect(mapAwsError(failure('InvalidPart', 400), call).message).toBe('cannot write a.parquet: no (InvalidPart, HTTP 400)')
    expect(mapAwsError(failure('Error', undefined, 'ECONNREFUSED'), call).message).toBe('cannot write a.parquet: no (ECONNREFUSED)')
  })

  it('keeps nothing of the request: no headers, no signature', () => {
    const error = Object.assign(failure('SignatureDoesNotMatch', 403), { $response: { headers: { authorization: 'AWS4 x' } }, StringToSign: 'AWS4 y' })
    const told = inspect(mapAwsError(error, call), { depth: 10, showHidden: true })
    expect(told).toContain('R1')
    expect(told).not.toContain('AWS4')
  })

  it('passes a StandpipeError on as it is', () => {
    const error = new StandpipeError('x', { code: 'DISK_FULL' })
    expect(mapAwsError(error, call)).toBe(error)
  })
})

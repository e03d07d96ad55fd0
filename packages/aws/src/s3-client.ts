import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { AwsConnection } from './connection.js'
import { resolveCredentials } from './credentials.js'

/** How an S3 client behaves beside where it connects to. */
export interface S3ClientOptions extends AwsConnection {
  /** Bucket in the path instead of the host name; by default where `endpoint` is given. */
  readonly forcePathStyle?: boolean
  /** A request without an answer after this time is broken off and fails with TIMEOUT. 60,000 by default. */
  readonly requestTimeoutMs?: number
  /** Connections kept open. 32 by default. */
  readonly maxSockets?: number
}

/** Region of endpoints that do not care for one. */
const FALLBACK_REGION = 'us-east-1'
const CONNECT_TIMEOUT_MS = 10_000

/**
 * An S3 client for AWS or any compatible endpoint. It sends each request once: the engine retries, so that
 * errors are mapped and counted in one place. Checksums are sent only where S3 requires them, because
 * compatible servers store the chunked framing of the others inside the object (facts of s3rver); each
 * request is still signed over the hash of its body. The caller destroys it.
 */
export function createS3Client(options: S3ClientOptions): S3Client {
  const { requestTimeoutMs = 60_000, maxSockets = 32 } = options
  const config: S3ClientConfig = {
    region: options.region ?? (options.endpoint === undefined ? undefined : regionBesideEndpoint(options)),
    endpoint: options.endpoint,
    profile: options.profile,
    credentials: resolveCredentials(options),
    forcePathStyle: options.forcePathStyle ?? options.endpoint !== undefined,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: new NodeHttpHandler({
      httpAgent: new HttpAgent({ keepAlive: true, maxSockets }),
      httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets }),
      connectionTimeout: Math.min(CONNECT_TIMEOUT_MS, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      socketTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    }),
  }
  return new S3Client(config)
}

/** The region of the environment or profile, and a fixed one where there is none: an endpoint of its own needs no region. */
function regionBesideEndpoint(options: S3ClientOptions): () => Promise<string> {
  const surroundings = new S3Client({ profile: options.profile })
  let known: Promise<string> | undefined
  return () => {
    known ??= surroundings.config.region().catch(() => FALLBACK_REGION)
    return known
  }
}

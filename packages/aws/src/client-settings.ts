import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { AwsConnection } from './connection.js'
import { resolveCredentials, type ClientCredentials } from './credentials.js'

/** How a client behaves beside where it connects to. */
export interface ClientOptions extends AwsConnection {
  /** A request without an answer after this time is broken off and fails with TIMEOUT. 60,000 by default. */
  readonly requestTimeoutMs?: number
  /** Connections kept open. 32 by default. */
  readonly maxSockets?: number
}

/** What every SDK client is made with. */
export interface ClientSettings {
  readonly region: string | (() => Promise<string>) | undefined
  readonly endpoint: string | undefined
  readonly profile: string | undefined
  readonly credentials: ClientCredentials
  readonly maxAttempts: number
  readonly requestHandler: NodeHttpHandler
}

/** Region of endpoints that do not care for one. */
const FALLBACK_REGION = 'us-east-1'
const CONNECT_TIMEOUT_MS = 10_000

/**
 * Settings of an SDK client for AWS or a compatible endpoint: HTTP/1.1 with kept connections, each request sent
 * once (the engine retries, so that errors are mapped and counted in one place). `surroundings` makes a client
 * of the same kind from the environment alone: beside an `endpoint` the region may come from there, or be any.
 */
export function clientSettings(
  options: ClientOptions,
  surroundings: (profile: string | undefined) => { readonly config: { region(): Promise<string> } },
): ClientSettings {
  const { requestTimeoutMs = 60_000, maxSockets = 32 } = options
  return {
    region: options.region ?? (options.endpoint === undefined ? undefined : regionBesideEndpoint(() => surroundings(options.profile))),
    endpoint: options.endpoint,
    profile: options.profile,
    credentials: resolveCredentials(options),
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({
      httpAgent: new HttpAgent({ keepAlive: true, maxSockets }),
      httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets }),
      connectionTimeout: Math.min(CONNECT_TIMEOUT_MS, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      socketTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    }),
  }
}

/** The region of the environment or profile, and a fixed one where there is none: an endpoint of its own needs no region. */
function regionBesideEndpoint(surroundings: () => { readonly config: { region(): Promise<string> } }): () => Promise<string> {
  let known: Promise<string> | undefined
  return () => {
    known ??= surroundings()
      .config.region()
      .catch(() => FALLBACK_REGION)
    return known
  }
}

import { KinesisClient } from '@aws-sdk/client-kinesis'
import { NodeHttp2Handler } from '@smithy/node-http-handler'
import { clientSettings, type ClientOptions } from '../client-settings.js'

/** A stream of events is silent for seconds at a time: AWS sends an empty event about every five. */
const EVENT_SILENCE_MS = 60_000
/** Subscriptions on one connection; more shards take more connections. */
const SUBSCRIPTIONS_PER_CONNECTION = 100

/**
 * A Kinesis client for AWS or any compatible endpoint. It speaks HTTP/1.1, where the SDK would take HTTP/2, which fails with
 * endpoints of their own (facts of kinesalite). The caller destroys it.
 */
export function createKinesisClient(options: ClientOptions): KinesisClient {
  return new KinesisClient(clientSettings(options, (profile) => new KinesisClient({ profile })))
}

/**
 * A Kinesis client for SubscribeToShard, whose answers go on for minutes: over HTTP/2, which AWS asks for, and over HTTP/1.1
 * with endpoints of their own. A subscription that is silent for a minute is broken off. The caller destroys it.
 */
export function createKinesisEventClient(options: ClientOptions): KinesisClient {
  const settings = clientSettings({ ...options, requestTimeoutMs: EVENT_SILENCE_MS, maxSockets: Infinity }, (profile) => new KinesisClient({ profile }))
  if (options.endpoint !== undefined) return new KinesisClient(settings)
  return new KinesisClient({ ...settings, requestHandler: new NodeHttp2Handler({ requestTimeout: EVENT_SILENCE_MS, maxConcurrentStreams: SUBSCRIPTIONS_PER_CONNECTION }) })
}

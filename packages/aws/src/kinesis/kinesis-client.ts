import { KinesisClient } from '@aws-sdk/client-kinesis'
import { clientSettings, type ClientOptions } from '../client-settings.js'

/**
 * A Kinesis client for AWS or any compatible endpoint. It speaks HTTP/1.1, where the SDK would take HTTP/2, which fails with
 * endpoints of their own (facts of kinesalite). The caller destroys it.
 */
export function createKinesisClient(options: ClientOptions): KinesisClient {
  return new KinesisClient(clientSettings(options, (profile) => new KinesisClient({ profile })))
}

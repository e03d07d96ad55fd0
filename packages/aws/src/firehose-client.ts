import { FirehoseClient } from '@aws-sdk/client-firehose'
import { clientSettings, type ClientOptions } from './client-settings.js'

/** A Firehose client for AWS or any compatible endpoint. The caller destroys it. */
export function createFirehoseClient(options: ClientOptions): FirehoseClient {
  return new FirehoseClient(clientSettings(options, (profile) => new FirehoseClient({ profile })))
}

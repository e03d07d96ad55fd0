import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { clientSettings, type ClientOptions } from '../client-settings.js'

/** A DynamoDB client for AWS or any compatible endpoint. The caller destroys it. */
export function createDynamoDbClient(options: ClientOptions): DynamoDBClient {
  return new DynamoDBClient(clientSettings(options, (profile) => new DynamoDBClient({ profile })))
}

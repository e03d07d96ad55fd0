export { awsConnectionConfig, roleArn, type AwsConnection } from './connection.js'
export { resolveCredentials, type ClientCredentials } from './credentials.js'
export { type ClientOptions } from './client-settings.js'
export { createFirehoseClient } from './firehose-client.js'
export { createDynamoDbClient } from './dynamodb/dynamodb-client.js'
export type { FirstCheckpoint } from './dynamodb/dynamodb-lease-table.js'
export { DynamoDbLedger, type DynamoDbLedgerOptions } from './dynamodb/dynamodb-ledger.js'
export { createS3Client, type S3ClientOptions } from './s3-client.js'
export { AwsFailure, awsErrorName, awsErrorStatus, mapAwsError, type AwsCall } from './aws-errors.js'
export { createKinesisClient, createKinesisEventClient } from './kinesis/kinesis-client.js'
export { KinesisConsumer, registerConsumer, type RegisteredConsumer, type ShardSubscription } from './kinesis/kinesis-consumer.js'
export { KinesisStream, type ListedShard, type ShardStart, type StreamSummary } from './kinesis/kinesis-stream.js'
export { RecordsPage, readRecordsPage, type ChildShard, type HashKeyRange } from './kinesis/records-page.js'
export {
  compareKinesisPositions,
  compareSequenceNumbers,
  formatKinesisPosition,
  parseKinesisPosition,
  type KinesisPosition,
} from './kinesis/kinesis-position.js'
export type { LeaseTable } from './leases/lease-table.js'
export { LeaseCoordinator, type LeaseCoordinatorParts } from './leases/lease-coordinator.js'
export type { LeaseState } from './leases/leases-in-hand.js'
export { leaseTiming, type LeaseTiming } from './leases/lease-timing.js'
export { newWorkerId } from './leases/worker-id.js'
export type { Lease, Member, NewLease, Roster, WorkerId } from './leases/lease.js'
export { lambdaOperator } from './lambda/lambda-operator.js'

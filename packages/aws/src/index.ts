export { awsConnectionConfig, roleArn, type AwsConnection } from './connection.js'
export { resolveCredentials, type ClientCredentials } from './credentials.js'
export { createS3Client, type S3ClientOptions } from './s3-client.js'
export { AwsFailure, awsErrorName, awsErrorStatus, mapAwsError, type AwsCall } from './aws-errors.js'

import { roleArn } from '@standpipe/aws'
import type { IamStatement } from '@standpipe/core/component'
import { literalPrefix } from '../object-options.js'
import { probeKey } from './probe-conditions.js'
import type { S3Config } from './s3-config.js'

/** The statements that a least policy for the sink needs. */
export function s3IamStatements(config: S3Config): readonly IamStatement[] {
  const bucket = `arn:${partitionOf(config.region)}:s3:::${config.bucket}`
  const objects = `${bucket}/${literalPrefix(config.prefix)}*`
  const statements: IamStatement[] = [
    { actions: ['s3:PutObject'], resources: [objects], why: 'stage objects as uploads, and publish them' },
    { actions: ['s3:AbortMultipartUpload'], resources: [objects], why: 'discard what will never be published' },
    { actions: ['s3:GetObject'], resources: [objects], why: 'look (HEAD) whether a publish with an unclear answer took effect' },
    { actions: ['s3:ListBucket'], resources: [bucket], why: 'check the bucket at start; without it a missing object answers 403 instead of 404' },
    { actions: ['s3:ListBucketMultipartUploads'], resources: [bucket], why: 'find the uploads of crashed runs' },
    { actions: ['s3:ListMultipartUploadParts'], resources: [objects], why: 'see that all objects of an aligned commit are there before any is published' },
    { actions: ['s3:GetLifecycleConfiguration'], resources: [bucket], why: 'optional: warn of rules that abort uploads too early' },
  ]
  if (config.endpoint !== undefined) {
    const why = 'optional: find out at start whether the endpoint heeds conditional writes, and remove the empty object of one that does not'
    statements.push({ actions: ['s3:PutObject', 's3:GetObject', 's3:DeleteObject'], resources: [`${bucket}/${probeKey(literalPrefix(config.prefix))}`], why })
  }
  if (typeof config.encryption === 'object') {
    const key = config.encryption.kms
    // A policy names a key by its ARN; an id or alias alone does not give the account.
    const resources = [/^arn:[^:]+:kms:[^:]*:[^:]*:key\//.test(key) ? key : '*']
    const why = 'encrypt with the KMS key; Decrypt because uploads have several parts'
    statements.push({ actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources, why })
  }
  const role = roleArn(config)
  if (role !== undefined) {
    statements.push({ actions: ['sts:AssumeRole'], resources: [role], why: 'take on the role; the other statements belong to it' })
  }
  return statements
}

function partitionOf(region = ''): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}

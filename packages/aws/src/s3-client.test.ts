import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { awsConnectionConfig } from './connection.js'
import { createS3Client } from './s3-client.js'

const keys = { accessKeyId: 'A', secretAccessKey: 'B' }

describe('createS3Client', () => {
  it('takes region and keys as they are given', async () => {
    const client = createS3Client({ region: 'eu-central-1', credentials: { ...keys, sessionToken: 'T' } })
    expect(await client.config.region()).toBe('eu-central-1')
    expect(await client.config.credentials()).toMatchObject({ ...keys, sessionToken: 'T' })
    expect(client.config.forcePathStyle).toBe(false)
  })

  it('sends each request once, with the bucket in the path of an endpoint of its own', async () => {
    const client = createS3Client({ endpoint: 'http://127.0.0.1:9', credentials: keys })
    expect(client.config.forcePathStyle).toBe(true)
    expect(await client.config.maxAttempts()).toBe(1)
    expect(await client.config.requestChecksumCalculation()).toBe('WHEN_REQUIRED')
  })

  it('needs no region beside an endpoint', async () => {
    const client = createS3Client({ endpoint: 'http://127.0.0.1:9', credentials: keys })
    expect(await client.config.region()).toMatch(/^[a-z]{2}-/)
  })
})

describe('awsConnectionConfig', () => {
  const config = z.strictObject(awsConnectionConfig)

  it('takes keys, a profile, and a role by its ARN alone or with its options', () => {
    const role = 'arn:aws:iam::123456789012:role/lake'
    for (const value of [{ credentials: keys }, { profile: 'lake' }, { role }, { role: { arn: role, externalId: 'x' } }]) {
      expect(config.parse(value)).toEqual(value)
    }
  })

  it('refuses half a pair of keys, and an endpoint that is no address', () => {
    expect(config.safeParse({ credentials: { accessKeyId: 'A' } }).success).toBe(false)
    expect(config.safeParse({ endpoint: 'lake' }).success).toBe(false)
  })
})

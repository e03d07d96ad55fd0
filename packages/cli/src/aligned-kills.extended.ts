import { startMiniStack, startS3rver } from '@standpipe/testkit'
import { describe, expect, it } from 'vitest'
import { expectStateSurvivesKills } from './aligned-kills.testing.js'
import { downloadObjects, type OpenBucket } from './bucket.testing.js'
import { isCompiled } from './command-line.testing.js'
import { killsOf, killTimeoutMs, type KillPeer } from './kill-loop.testing.js'

const server = isCompiled ? await startMiniStack() : undefined
if (server === undefined) console.log('skipped: operators with state over MiniStack under SIGKILL (pip install ministack; npm run build)')

/** Publishes into places of a bucket; unfinished uploads are not looked at. */
function bucketPeer(name: string, bucket: OpenBucket & { readonly credentials: unknown }): KillPeer {
  const connection = `bucket: ${bucket.bucket}, endpoint: "${bucket.endpoint}", region: us-east-1, credentials: ${JSON.stringify(bucket.credentials)}`
  return {
    name: `aggregate and dedupe to ${name}`,
    sink: (place, prefix, options) => `s3: { ${connection}, prefix: "${place}/${prefix}", ${options} }`,
    collect: (place, directory) => downloadObjects(bucket, `${place}/`, directory),
    leftStaged: async () => [],
  }
}

describe.skipIf(!isCompiled)('operators with state under SIGKILL, over S3', () => {
  const kills = killsOf(10)

  it(`publish each window and each record once to s3rver, killed ${kills} times`, { timeout: killTimeoutMs(kills) }, async () => {
    const s3rver = await startS3rver()
    try {
      await expectStateSurvivesKills(bucketPeer('s3rver', s3rver), kills)
    } finally {
      await s3rver.stop()
    }
  })

  it.skipIf(server === undefined)(`publish each window and each record once to MiniStack, killed ${kills} times`, { timeout: killTimeoutMs(kills) }, async () => {
    const { endpoint, credentials, stop } = server!
    try {
      expect((await fetch(`${endpoint}/windows`, { method: 'PUT' })).status).toBe(200)
      await expectStateSurvivesKills(bucketPeer('MiniStack', { endpoint, bucket: 'windows', credentials }), kills)
    } finally {
      await stop()
    }
  })
})

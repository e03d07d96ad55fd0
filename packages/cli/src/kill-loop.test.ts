import { join } from 'node:path'
import { startS3rver } from '@standpipe/testkit'
import { describe, it } from 'vitest'
import { downloadObjects } from './bucket.testing.js'
import { isCompiled, listing } from './command-line.testing.js'
import { expectExactlyOnceUnderKills, killsOf, killTimeoutMs, type KillPeer } from './kill-loop.testing.js'

if (!isCompiled) console.log('skipped: pipelines under SIGKILL, because the command line is not built (npm run build)')

const DIRECTORY: KillPeer = {
  name: 'directory',
  sink: (place, prefix, options) => `directory: { path: ${place}, prefix: "${prefix}", ${options} }`,
  collect: async (place, directory) => (await listing(join(directory, place))).filter((path) => /\.\w+$/.test(path)).length,
  leftStaged: async (directory) => (await listing(join(directory, 'out'))).filter((path) => path.startsWith('.standpipe-staging/')),
}

describe.skipIf(!isCompiled)('a pipeline under SIGKILL', () => {
  const kills = killsOf(5)

  it(`publishes each line of growing files once to a directory, killed ${kills} times`, { timeout: killTimeoutMs(kills) }, () => expectExactlyOnceUnderKills(DIRECTORY, kills))

  it(`publishes each line of growing files once to s3rver, killed ${kills} times`, { timeout: killTimeoutMs(kills) }, async () => {
    const server = await startS3rver()
    try {
      const { endpoint, bucket, credentials } = server
      const connection = `bucket: ${bucket}, endpoint: "${endpoint}", region: us-east-1, credentials: ${JSON.stringify(credentials)}`
      await expectExactlyOnceUnderKills(
        {
          name: 's3rver',
          sink: (place, prefix, options) => `s3: { ${connection}, prefix: "${place}/${prefix}", ${options} }`,
          collect: (place, directory) => downloadObjects(server, `${place}/`, directory),
          // It lists no uploads, so those of killed processes stay.
          leftStaged: async () => [],
        },
        kills,
      )
    } finally {
      await server.stop()
    }
  })
})

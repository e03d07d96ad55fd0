import { startMiniStack } from '@standpipe/testkit'
import { describe, expect, it } from 'vitest'
import { downloadObjects } from './bucket.testing.js'
import { isCompiled } from './command-line.testing.js'
import { expectExactlyOnceUnderKills, killsOf, killTimeoutMs } from './kill-loop.testing.js'

const server = isCompiled ? await startMiniStack() : undefined
if (server === undefined) console.log('skipped: `s3` over MiniStack under SIGKILL (pip install ministack; npm run build)')

describe.skipIf(server === undefined)('a pipeline under SIGKILL, over a server that heeds conditional writes', () => {
  const kills = killsOf(10)

  it(`publishes each line of growing files once to MiniStack, killed ${kills} times`, { timeout: killTimeoutMs(kills) }, async () => {
    const { endpoint, credentials, stop } = server!
    const bucket = 'killed'
    try {
      expect((await fetch(`${endpoint}/${bucket}`, { method: 'PUT' })).status).toBe(200)
      const connection = `bucket: ${bucket}, endpoint: "${endpoint}", region: us-east-1, credentials: ${JSON.stringify(credentials)}`
      await expectExactlyOnceUnderKills(
        {
          name: 'MiniStack',
          sink: (place, prefix, options) => `s3: { ${connection}, prefix: "${place}/${prefix}", ${options} }`,
          collect: (place, directory) => downloadObjects({ endpoint, bucket }, `${place}/`, directory),
          leftStaged: async () => [...(await (await fetch(`${endpoint}/${bucket}?uploads`)).text()).matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key),
        },
        kills,
      )
    } finally {
      await stop()
    }
  })
})

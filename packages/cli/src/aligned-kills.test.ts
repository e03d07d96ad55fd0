import { join } from 'node:path'
import { describe, it } from 'vitest'
import { expectStateSurvivesKills } from './aligned-kills.testing.js'
import { isCompiled, listing } from './command-line.testing.js'
import { killsOf, killTimeoutMs, type KillPeer } from './kill-loop.testing.js'

if (!isCompiled) console.log('skipped: operators with state under SIGKILL, because the command line is not built (npm run build)')

const DIRECTORY: KillPeer = {
  name: 'aggregate and dedupe to a directory',
  sink: (place, prefix, options) => `directory: { path: ${place}, prefix: "${prefix}", ${options} }`,
  collect: async (place, directory) => (await listing(join(directory, place)).catch(() => [])).filter((path) => /\.\w+$/.test(path)).length,
  leftStaged: async (directory) => (await listing(directory)).filter((path) => path.includes('.standpipe-staging/')),
}

describe.skipIf(!isCompiled)('operators with state under SIGKILL', () => {
  const kills = killsOf(3)

  it(`publish each window and each record once to a directory, killed ${kills} times`, { timeout: killTimeoutMs(kills) }, () => expectStateSurvivesKills(DIRECTORY, kills))
})

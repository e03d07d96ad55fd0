import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startServer } from './servers.mjs'

const [BUDGET_MIB, READ_AHEAD_MIB] = [64, 32]

/** The most memory that a process takes which reads so many shards of a backlog into Parquet. */
export async function measureMemory(path, shards) {
  const server = await startServer('replay-server.mjs', [path, shards, 1_000_000])
  const child = fork(fileURLToPath(new URL('memory-run.mjs', import.meta.url)), [server.endpoint, `${BUDGET_MIB}MiB`, `${READ_AHEAD_MIB}MiB`], { execArgv: ['--no-warnings'] })
  const [{ peakBytes, records }] = await once(child, 'message')
  child.disconnect()
  await once(child, 'exit')
  await server.stop()
  return { shards, records, peakMegabytes: peakBytes / 1e6, budgetMegabytes: BUDGET_MIB, readAheadMegabytes: READ_AHEAD_MIB }
}

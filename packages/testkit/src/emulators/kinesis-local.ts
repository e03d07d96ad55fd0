import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { systemClock } from '@standpipe/core/model'
import { freePort } from './free-port.js'

/** A kinesis-local that is running: Kinesis Data Streams in a process of its own, for what kinesalite cannot show. */
export interface KinesisLocal {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  stop(): Promise<void>
}

const START_LIMIT_MS = 30_000

/**
 * Starts kinesis-local: ARNs, enhanced fan-out, ChildShards, ListShards with filters and pages. It is slow (about 1 MB/s)
 * and small (2,000 records a shard); closed shards report a wrong EndingSequenceNumber, and fan-out does not tell of the
 * end of a shard.
 */
export async function startKinesisLocal(): Promise<KinesisLocal> {
  const program = createRequire(import.meta.url).resolve('kinesis-local/package.json')
  const directory = dirname(program)
  const [plain, tls] = [await freePort(), await freePort()]
  const settings = {
    KINESIS_MOCK_PLAIN_PORT: plain,
    KINESIS_MOCK_TLS_PORT: tls,
    KINESIS_MOCK_CERT_PATH: join(directory, 'server.json'),
    CREATE_STREAM_DURATION: '20ms',
    DELETE_STREAM_DURATION: '20ms',
    REGISTER_STREAM_CONSUMER_DURATION: '20ms',
    DEREGISTER_STREAM_CONSUMER_DURATION: '20ms',
    SPLIT_SHARD_DURATION: '20ms',
    MERGE_SHARDS_DURATION: '20ms',
    UPDATE_SHARD_COUNT_DURATION: '20ms',
    SHARD_LIMIT: 500,
    LOG_LEVEL: 'ERROR',
  }
  const environment = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  const child = spawn('env', [...environment, 'node', join(directory, 'main.js')], { stdio: 'ignore' })
  const end = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const endpoint = `http://127.0.0.1:${plain}`
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await end
  }
  const started = systemClock.monotonic()
  while (!(await answers(`${endpoint}/healthcheck`))) {
    if (child.exitCode !== null || systemClock.monotonic() - started > START_LIMIT_MS) {
      await stop()
      throw new Error('kinesis-local does not start')
    }
    await systemClock.sleep(50)
  }
  return { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, stop }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok
  } catch (error) {
    // fetch says TypeError for a connection that nobody takes.
    if (error instanceof TypeError) return false
    throw error
  }
}

import { spawn } from 'node:child_process'
import { systemClock } from '@standpipe/core/model'
import { freePort } from './free-port.js'

/** A MiniStack that is running: an AWS emulator from PyPI, for what s3rver cannot show. */
export interface MiniStack {
  /** `http://127.0.0.1:PORT`, for every service. */
  readonly endpoint: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  stop(): Promise<void>
}

const START_LIMIT_MS = 30_000

/** Starts `ministack` from the PATH on loopback; resolves to undefined where it is not installed (`pip install ministack`). */
export async function startMiniStack(): Promise<MiniStack | undefined> {
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const child = spawn('env', ['BIND_HOST=127.0.0.1', `GATEWAY_PORT=${port}`, 'ministack'], { stdio: 'ignore' })
  let ended = false
  const end = new Promise<void>((resolve) => {
    child.once('exit', () => {
      ended = true
      resolve()
    })
  })
  const started = systemClock.monotonic()
  while (!ended && systemClock.monotonic() - started < START_LIMIT_MS) {
    if (await answers(endpoint)) {
      return {
        endpoint,
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
        async stop() {
          child.kill('SIGKILL')
          await end
        },
      }
    }
    await systemClock.sleep(100)
  }
  child.kill('SIGKILL')
  return undefined
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    await fetch(endpoint)
    return true
  } catch (error) {
    // fetch says TypeError for a connection that nobody takes.
    if (error instanceof TypeError) return false
    throw error
  }
}

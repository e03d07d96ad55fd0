import { fork } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An S3 server that is running. */
export interface S3rver {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string
  readonly bucket: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Removes all unfinished uploads behind the clients' backs, as a lifecycle rule would. */
  removeUploads(): Promise<void>
  stop(): Promise<void>
}

/**
 * Loaded into s3rver before it starts: completes an upload once at a time, and ends with whoever started it. By itself,
 * of two completions that race one reads parts that the other has just removed: that ends the process, and the object
 * it was about to replace is cut.
 */
const prelude = (program: string): string => `
  import { createRequire } from 'node:module'
  process.once('disconnect', () => process.exit())
  const Store = createRequire(${JSON.stringify(program)})('../lib/stores/filesystem')
  const complete = Store.prototype.putObjectMultipart
  const last = new Map()
  Store.prototype.putObjectMultipart = function (bucket, uploadId, parts) {
    const done = (last.get(uploadId) ?? Promise.resolve()).then(() => complete.call(this, bucket, uploadId, parts))
    last.set(uploadId, done.catch(() => undefined))
    return done
  }
`

/**
 * Starts s3rver in a process of its own, with one bucket in a fresh folder. It ignores `If-None-Match`,
 * answers 405 to an abort, 501 to a listing of uploads, and 500 to the completion of an upload that is
 * gone or completed already.
 */
export async function startS3rver(bucket = 'lake'): Promise<S3rver> {
  const directory = await mkdtemp(join(tmpdir(), 'standpipe-s3rver-'))
  const program = createRequire(import.meta.url).resolve('s3rver/bin/s3rver.js')
  const options = ['-d', directory, '-a', '127.0.0.1', '-p', '0', '-s', '--no-vhost-buckets', '--configure-bucket', bucket]
  // Its old crypto calls need OpenSSL's legacy provider.
  const execArgv = ['--openssl-legacy-provider', '--no-deprecation', '--import', `data:text/javascript,${encodeURIComponent(prelude(program))}`]
  const child = fork(program, options, { execArgv, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  const port = await new Promise<number>((resolve, reject) => {
    let said = ''
    const listen = (chunk: Buffer): void => {
      said += chunk.toString()
      const found = /listening on [^\s]+:(\d+)/.exec(said)
      if (found !== null) resolve(Number(found[1]))
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`s3rver ended with ${code} before it listened: ${said}`)))
  })
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bucket,
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    async removeUploads() {
      const names = await readdir(join(directory, bucket))
      const kept = names.filter((name) => name.startsWith('._S3rver_uploads'))
      await Promise.all(kept.map((name) => rm(join(directory, bucket, name), { recursive: true, force: true })))
    },
    async stop() {
      if (child.kill('SIGKILL')) await new Promise((resolve) => child.once('exit', resolve))
      await rm(directory, { recursive: true, force: true })
    },
  }
}

import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import type { Runtime } from '../../component/index.js'
import { InvocationError, MAX_EVENT_BYTES, type FunctionCaller } from './invocation.js'
import { WORKER_PROGRAM } from './worker-program.js'

/** A function of the user's, and its limits. */
export interface LocalFunction {
  /** Absolute. */
  readonly path: string
  readonly exportName: string
  readonly functionName: string
  readonly functionArn: string
  readonly timeoutMs: number
  /** Of the JavaScript heap. Buffers lie outside of it. */
  readonly memoryBytes: number
  /** Whether lines that the function prints are logged. */
  readonly logsConsole: boolean
}

interface WorkerAnswer {
  readonly id: number
  readonly answer?: string
  readonly error?: string
}

/** A worker, busy with at most one invocation, as an execution environment of Lambda is. */
interface FunctionWorker {
  readonly worker: Worker
  busy: { readonly id: number; resolve(answer: WorkerAnswer): void; reject(error: unknown): void } | undefined
}

const LONGEST_LINE = 256
const MIB = 1024 ** 2

/** Calls a function in workers of its own, one for each call at a time; one that ends, or hangs beyond the time limit, is replaced. */
export class LocalFunctionCaller implements FunctionCaller {
  private readonly workers = new Set<FunctionWorker>()
  private calls = 0
  private closed = false

  constructor(
    private readonly own: LocalFunction,
    private readonly runtime: Runtime,
  ) {}

  async invoke(event: string, signal: AbortSignal): Promise<string> {
    const worker = [...this.workers].find(({ busy }) => busy === undefined) ?? this.start()
    const over = new AbortController()
    const late = this.runtime.clock.sleep(this.own.timeoutMs, AbortSignal.any([over.signal, signal])).then(() => {
      throw new InvocationError('Lambda.FunctionTimedOut', `no answer within ${this.own.timeoutMs} ms`, 'function')
    })
    let answer: WorkerAnswer
    try {
      answer = await Promise.race([this.post(worker, event), late])
    } catch (error) {
      this.end(worker)
      throw error
    } finally {
      over.abort()
    }
    if (answer.answer === undefined) throw new InvocationError('Lambda.FunctionError', answer.error ?? 'failed', 'function')
    if (Buffer.byteLength(answer.answer) > MAX_EVENT_BYTES) {
      throw new InvocationError('Lambda.FunctionError', `the answer has more than ${MAX_EVENT_BYTES} bytes`, 'function')
    }
    return answer.answer
  }

  close(): void {
    this.closed = true
    for (const worker of this.workers) this.end(worker)
  }

  private post(worker: FunctionWorker, event: string): Promise<WorkerAnswer> {
    return new Promise((resolve, reject) => {
      const id = ++this.calls
      worker.busy = { id, resolve, reject }
      worker.worker.ref()
      worker.worker.postMessage({ id, event, requestId: randomUUID() })
    })
  }

  private start(): FunctionWorker {
    const { path, exportName, functionName, functionArn, timeoutMs, memoryBytes } = this.own
    const memoryMb = Math.max(16, Math.floor(memoryBytes / MIB))
    const jiti = createRequire(import.meta.url).resolve('jiti')
    const worker = new Worker(WORKER_PROGRAM, {
      eval: true,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
      workerData: { jiti, path, exportName, functionName, functionArn, timeoutMs, memoryMb },
    })
    const started: FunctionWorker = { worker, busy: undefined }
    worker.on('message', (answer: WorkerAnswer) => {
      if (started.busy?.id !== answer.id) return
      const { resolve } = started.busy
      started.busy = undefined
      worker.unref()
      resolve(answer)
    })
    worker.on('error', (error) => this.lose(started, `the worker of the function ended: ${error.message}`))
    worker.on('exit', (code) => this.lose(started, `the worker of the function ended with ${code}`))
    this.follow(worker.stdout)
    this.follow(worker.stderr)
    worker.unref()
    this.workers.add(started)
    return started
  }

  private lose(worker: FunctionWorker, message: string): void {
    this.workers.delete(worker)
    worker.busy?.reject(new InvocationError('Lambda.FunctionError', message, 'function'))
    worker.busy = undefined
  }

  private end(worker: FunctionWorker): void {
    this.workers.delete(worker)
    worker.busy = undefined
    void worker.worker.terminate()
  }

  /** What is not logged is read all the same: a full pipe would stop the function. */
  private follow(output: Readable): void {
    createInterface({ input: output }).on('line', (line) => {
      if (this.own.logsConsole && !this.closed) this.runtime.log.info('the function printed', { function: this.own.functionName, line: line.slice(0, LONGEST_LINE) })
    })
  }
}

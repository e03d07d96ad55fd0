import { Worker } from 'node:worker_threads'
import type { Threads } from '../../component/index.js'
import { StandpipeError } from '../../model/index.js'
import type { ThreadAnswer } from './job-loop.js'

interface Job {
  readonly message: { readonly module: string; readonly job: unknown }
  readonly transfer: readonly ArrayBuffer[]
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** A thread, and the job it is at. */
interface RunningThread {
  readonly worker: Worker
  job: Job | undefined
}

const shared = new Map<number, WorkerThreads>()

/** So many threads, shared by all runs of the process that want as many: a thread that was used before is warm. */
export function sharedThreads(count: number): Threads {
  // Node's threads need what is compiled, and tests run on the sources.
  const available = import.meta.url.endsWith('.js') ? count : 0
  let threads = shared.get(available)
  if (threads === undefined) shared.set(available, (threads = new WorkerThreads(available)))
  return threads
}

/** Worker threads, started when there is work for them. While they are idle they do not keep the process alive. */
class WorkerThreads implements Threads {
  private readonly threads: RunningThread[] = []
  private readonly waiting: Job[] = []

  constructor(readonly count: number) {}

  run<T>(module: URL, job: unknown, transfer: readonly ArrayBuffer[] = []): Promise<T> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ message: { module: module.href, job }, transfer, resolve: resolve as (value: unknown) => void, reject })
      this.dispatch()
    })
  }

  private dispatch(): void {
    while (this.waiting.length > 0) {
      const thread = this.threads.find(({ job }) => job === undefined) ?? (this.threads.length < this.count ? this.start() : undefined)
      const job = thread && this.waiting.shift()
      if (thread === undefined || job === undefined) return
      thread.job = job
      thread.worker.ref()
      try {
        thread.worker.postMessage(job.message, [...job.transfer])
      } catch (error) {
        // What cannot be cloned.
        this.finish(thread)?.reject(error)
      }
    }
  }

  private start(): RunningThread {
    const worker = new Worker(new URL('./job-loop.js', import.meta.url))
    const thread: RunningThread = { worker, job: undefined }
    worker.on('message', (answer: ThreadAnswer) => {
      const job = this.finish(thread)
      if ('error' in answer) job?.reject(answer.error)
      else job?.resolve(answer.value)
      this.dispatch()
    })
    worker.on('error', (error) => this.lose(thread, error))
    worker.on('exit', () => this.lose(thread, undefined))
    this.threads.push(thread)
    return thread
  }

  private finish(thread: RunningThread): Job | undefined {
    const { job } = thread
    thread.job = undefined
    thread.worker.unref()
    return job
  }

  /** A thread that ended by itself, of too little memory say; another takes its place. */
  private lose(thread: RunningThread, cause: unknown): void {
    const index = this.threads.indexOf(thread)
    if (index >= 0) this.threads.splice(index, 1)
    this.finish(thread)?.reject(new StandpipeError('a thread ended in the middle of its job', { code: 'INTERNAL', component: 'threads', cause }))
    this.dispatch()
  }
}

import { parentPort } from 'node:worker_threads'
import type { ThreadResult } from '../../component/index.js'

/** What a thread says of a job. */
export type ThreadAnswer = { readonly value: unknown } | { readonly error: unknown }

const modules = new Map<string, Promise<{ run(job: unknown): Promise<ThreadResult> }>>()

async function run(module: string, job: unknown): Promise<void> {
  let loading = modules.get(module)
  if (loading === undefined) modules.set(module, (loading = import(module) as Promise<{ run(job: unknown): Promise<ThreadResult> }>))
  try {
    const { value, transfer = [] } = await (await loading).run(job)
    parentPort?.postMessage({ value } satisfies ThreadAnswer, [...transfer])
  } catch (error) {
    parentPort?.postMessage({ error } satisfies ThreadAnswer)
  }
}

parentPort?.on('message', ({ module, job }: { module: string; job: unknown }) => {
  // It catches what the job throws, and answers.
  void run(module, job)
})

import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { sharedThreads as uncompiled } from './worker-threads.js'

const COMPILED = new URL('../../../dist/engine/threads/worker-threads.js', import.meta.url)

const moduleOf = (code: string): URL => new URL(`data:text/javascript,${encodeURIComponent(code)}`)
const sum = moduleOf('export async function run(numbers) { return { value: numbers.reduce((a, b) => a + b, 0) } }')
const fails = moduleOf("export async function run() { throw new RangeError('not this one') }")
const leaves = moduleOf('export async function run() { process.exit(0) }')
const moved = moduleOf('export async function run(bytes) { bytes[0] += 1; return { value: bytes, transfer: [bytes.buffer] } }')

it('has no threads where nothing is compiled', () => {
  expect(uncompiled(3).count).toBe(0)
})

it.skipIf(!existsSync(COMPILED))('runs jobs on threads, gives their errors to who asked, and replaces a thread that ended', async () => {
  const { sharedThreads } = (await import(COMPILED.href)) as typeof import('./worker-threads.js')
  const threads = sharedThreads(2)
  expect(threads.count).toBe(2)
  const sums = await Promise.all(Array.from({ length: 9 }, (_, i) => threads.run<number>(sum, [i, 100])))
  expect(sums).toEqual(Array.from({ length: 9 }, (_, i) => i + 100))
  await expect(threads.run(fails, 1)).rejects.toThrow('not this one')
  await expect(threads.run(sum, () => 1)).rejects.toThrow('could not be cloned')
  await expect(Promise.all([threads.run(leaves, 1), threads.run(leaves, 2)])).rejects.toThrow('a thread ended')
  const bytes = new Uint8Array([41])
  expect([...(await threads.run<Uint8Array>(moved, bytes, [bytes.buffer]))]).toEqual([42])
  expect(bytes.length).toBe(0)
})

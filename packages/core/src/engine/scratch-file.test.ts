import { mkdtemp, mkdir, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { systemClock, type Clock } from '../model/index.js'
import { SILENT } from './run.js'
import { ScratchFile, type ScratchExtent } from './scratch-file.js'

const LIMIT_BYTES = 1024 ** 2

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standpipe-scratch-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A scratch file with the warnings that it gave, and a clock to move. */
function scratchIn(place: string): { scratch: ScratchFile; warnings: string[]; pass(ms: number): void } {
  let elapsedMs = 0
  const clock: Clock = { ...systemClock, monotonic: () => elapsedMs }
  const warnings: string[] = []
  const scratch = new ScratchFile(join(place, 'scratch'), LIMIT_BYTES, { clock, log: { ...SILENT, warn: (message) => void warnings.push(message) } })
  return { scratch, warnings, pass: (ms) => void (elapsedMs += ms) }
}

async function readBack(scratch: ScratchFile, extent: ScratchExtent | undefined): Promise<Uint8Array> {
  if (extent === undefined) throw new TypeError('nothing was stored')
  const bytes = new Uint8Array(extent.bytes)
  await scratch.take(extent, bytes, 0)
  return bytes
}

test('several in one folder do not disturb each other, and leave nothing there, not even while they are used', async () => {
  const place = await mkdtemp(join(folder, 'several-'))
  const files = [1, 2, 3].map(() => scratchIn(place).scratch)
  const extents = await Promise.all(files.map((scratch, i) => scratch.store(new Uint8Array(100_000).fill(i + 1))))
  expect(await readdir(place)).toEqual([])
  for (const [i, scratch] of files.entries()) expect(new Set(await readBack(scratch, extents[i]))).toEqual(new Set([i + 1]))
  for (const scratch of files) await scratch.close()
})

test('blocks are used again once they are freed, and no more than the limit are in use', async () => {
  const { scratch } = scratchIn(folder)
  const first = await scratch.store(new Uint8Array(LIMIT_BYTES - 1))
  expect([scratch.usedBytes, scratch.hasRoom(0), scratch.hasRoom(1)]).toEqual([LIMIT_BYTES, true, false])
  await readBack(scratch, first)
  expect([scratch.usedBytes, scratch.hasRoom(LIMIT_BYTES)]).toEqual([0, true])
  await scratch.store(new Uint8Array(LIMIT_BYTES))
  expect(scratch.usedBytes).toBe(LIMIT_BYTES)
  await scratch.close()
})

test('a file that cannot be made is said once, and tried again after a minute', async () => {
  const place = join(folder, 'comes-later')
  const { scratch, warnings, pass } = scratchIn(place)
  expect(await scratch.store(new Uint8Array(10))).toBeUndefined()
  expect([scratch.hasRoom(1), scratch.usedBytes]).toEqual([false, 0])
  pass(60_000)
  expect(scratch.hasRoom(1)).toBe(true)
  expect(await scratch.store(new Uint8Array(10))).toBeUndefined()
  expect(warnings).toHaveLength(1)
  await mkdir(place)
  pass(60_000)
  expect(await readBack(scratch, await scratch.store(Uint8Array.of(1, 2, 3)))).toEqual(Uint8Array.of(1, 2, 3))
  expect(scratch.hasRoom(1)).toBe(true)
  await scratch.close()
})

test('a disk that fills up half-way keeps no block, and what was stored before can be read', async () => {
  const { scratch, warnings } = scratchIn(folder)
  const before = await scratch.store(new Uint8Array(70_000).fill(7))
  const probe = await open(join(folder, 'probe'), 'w')
  const write = vi.spyOn(Object.getPrototypeOf(probe) as { write(): Promise<unknown> }, 'write')
  write.mockResolvedValueOnce({ bytesWritten: 65_536 }).mockRejectedValueOnce(Object.assign(new Error('no space left'), { code: 'ENOSPC' }))
  expect(await scratch.store(new Uint8Array(200_000).fill(8))).toBeUndefined()
  write.mockRestore()
  await probe.close()
  expect([scratch.usedBytes, scratch.hasRoom(1), warnings.length]).toEqual([131_072, false, 1])
  expect(new Set(await readBack(scratch, before))).toEqual(new Set([7]))
  await scratch.close()
})

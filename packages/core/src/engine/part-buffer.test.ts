import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../model/index.js'
import { MemoryBudget } from './memory-budget.js'
import { PartBuffer } from './part-buffer.js'
import { SILENT } from './run.js'
import { ScratchFile } from './scratch-file.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standpipe-scratch-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('gives back what was put in, whatever went through the scratch file, and frees it', async () => {
  let files = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 150_000 })), { maxLength: 12 }), async (writes) => {
      const scratch = new ScratchFile(join(folder, `scratch-${files++}`), 100 * 1024 * 1024, { clock: systemClock, log: SILENT })
      const memory = new MemoryBudget(1024 * 1024)
      const buffers = [0, 1, 2].map(() => new PartBuffer(scratch, memory))
      const expected: number[][] = [[], [], []]
      for (const [i, [buffer, bytes]] of writes.entries()) {
        const chunk = new Uint8Array(bytes).fill(i + 1)
        buffers[buffer].add([chunk])
        await buffers[buffer].spill(i % 3 > 0)
        expected[buffer].push(bytes === 0 ? 0 : Number(`${i + 1}`) * bytes)
      }
      for (const [i, buffer] of buffers.entries()) {
        const size = buffer.bytes
        const before = memory.usedBytes - buffer.waitingBytes
        const whole = await buffer.take()
        expect(whole.length).toBe(size)
        expect([memory.usedBytes, buffer.memoryBytes]).toEqual([before + size, size])
        buffer.sent()
        expect(whole.reduce((sum, byte) => sum + byte, 0)).toBe(expected[i].reduce((sum, value) => sum + value, 0))
      }
      expect(memory.usedBytes).toBe(0)
      expect(scratch.usedBytes).toBe(0)
      await scratch.close()
    }),
    { numRuns: 25 },
  )
})

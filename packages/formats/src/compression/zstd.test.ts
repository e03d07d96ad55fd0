import { compressors } from 'hyparquet-compressors'
import { expect, test, vi } from 'vitest'
import { compressZstd } from './zstd.js'

const decompress = (frame: Uint8Array): Uint8Array | undefined => compressors.ZSTD?.(frame, 500)

test('a second copy of this module, loaded while the first is at work, spoils nothing', async () => {
  const block = Uint8Array.from({ length: 500 }, (_, i) => (i * i) % 251)
  await compressZstd(block)
  vi.resetModules()
  const second = await import('./zstd.js')
  expect(second.compressZstd).not.toBe(compressZstd)
  const loading = second.compressZstd(block)
  for (let turn = 0; turn < 50; turn++) {
    expect(decompress(await compressZstd(block))).toEqual(block)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(decompress(await loading)).toEqual(block)
})

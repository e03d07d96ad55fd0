import { compressors } from 'hyparquet-compressors'
import { expect, test, vi } from 'vitest'
import { loadCodec } from '../parquet/codec.js'
import { loadZstd } from './zstd.js'

const decompress = (frame: Uint8Array): Uint8Array | undefined => compressors.ZSTD?.(frame, 500)

test('compression of objects, of Parquet pages, and a second copy of the package spoil nothing for each other', async () => {
  const block = Uint8Array.from({ length: 500 }, (_, i) => (i * i) % 251)
  const { compress } = await loadCodec('zstd', 3)
  vi.resetModules()
  const copy = await import('./zstd.js')
  expect(copy.loadZstd).not.toBe(loadZstd)
  const loading = Promise.all([copy.loadZstd(), loadZstd()])
  for (let turn = 0; turn < 50; turn++) {
    expect(decompress(compress(block))).toEqual(block)
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const zstd of await loading) expect(decompress(zstd.compress(block, 3))).toEqual(block)
})

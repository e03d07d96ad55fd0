import { inflateRawSync, crc32 } from 'node:zlib'
import fc from 'fast-check'
import { compressors } from 'hyparquet-compressors'
import { describe, expect, it } from 'vitest'
import { compressionOf, type CompressionName } from './compression.js'

const uncompressSnappy = (block: Uint8Array, length: number): Uint8Array => compressors.SNAPPY?.(block, length) ?? new Uint8Array(0)

/** Readers written from the formats' own descriptions; Snappy itself is read by another implementation. */
const READERS: Readonly<Record<string, (file: Buffer) => Buffer>> = {
  snappy(file) {
    expect(file.subarray(0, 8).toString('latin1')).toBe('\u0082SNAPPY\0')
    const parts: Uint8Array[] = []
    for (let at = 16; at < file.length; ) {
      const length = file.readUInt32BE(at)
      const chunk = file.subarray(at + 4, at + 4 + length)
      parts.push(uncompressSnappy(chunk, plainLength(chunk)))
      at += 4 + length
    }
    return Buffer.concat(parts)
  },
  'hadoop-snappy'(file) {
    const parts: Uint8Array[] = []
    for (let at = 0; at < file.length; ) {
      const plain = file.readUInt32BE(at)
      const length = file.readUInt32BE(at + 4)
      parts.push(uncompressSnappy(file.subarray(at + 8, at + 8 + length), plain))
      at += 8 + length
    }
    return Buffer.concat(parts)
  },
  zip(file) {
    const end = file.length - 22
    expect(file.readUInt32LE(end)).toBe(0x0605_4b50)
    const directory = file.readUInt32LE(end + 16)
    const [crc, deflated, plain] = [16, 20, 24].map((at) => file.readUInt32LE(directory + at))
    const nameLength = file.readUInt16LE(directory + 28)
    expect(file.toString('latin1', directory + 46, directory + 46 + nameLength)).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(directory + 46 + nameLength).toBe(end)
    const content = inflateRawSync(file.subarray(30 + nameLength, 30 + nameLength + deflated))
    expect([content.length, crc32(content)]).toEqual([plain, crc])
    return content
  },
}

describe.each(Object.keys(READERS) as CompressionName[])('%s', (name) => {
  it('gives back what went in, in blocks of any size', { timeout: 20_000 }, async () => {
    const blocks = fc.array(fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.integer({ min: 1, max: 600_000 }).map((size) => Buffer.alloc(size, 'press,'))), { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(blocks, async (given) => {
        expect(READERS[name](await compressAll(name, given)).equals(Buffer.concat(given))).toBe(true)
      }),
      { numRuns: 25 },
    )
  })

  it('makes a legal file of nothing', async () => {
    const file = await compressAll(name, [])
    expect(READERS[name](file).length).toBe(0)
  })
})

it('says what objects are called and how HTTP calls them, as Firehose does', () => {
  const told = (['none', 'gzip', 'zip', 'snappy', 'hadoop-snappy'] as const).map((name) => {
    const { extension, contentEncoding } = compressionOf(name)
    return [extension, contentEncoding]
  })
  expect(told).toEqual([['', undefined], ['.gz', 'gzip'], ['.zip', undefined], ['.snappy', 'snappy-java'], ['.snappy', 'hadoop-snappy']])
})

async function compressAll(name: CompressionName, blocks: readonly Uint8Array[]): Promise<Buffer> {
  const object = compressionOf(name).open()
  const parts: Uint8Array[] = []
  for (const block of blocks) parts.push(await object.compress(block))
  return Buffer.concat([...parts, await object.end()])
}

/** The length that a block of Snappy begins with. */
function plainLength(block: Uint8Array): number {
  let length = 0
  for (let i = 0; ; i++) {
    length += (block[i] & 0x7f) * 2 ** (7 * i)
    if (block[i] < 128) return length
  }
}

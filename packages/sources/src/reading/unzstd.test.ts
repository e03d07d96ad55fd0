import { describe, expect, it } from 'vitest'
import { unzstd } from './unzstd.js'

/** Written by zstd 1.5.4: the first half as `-19 --check` of a file, the second from a pipe, without a checksum. */
const HALVES = [
  'KLUv/aSBGgYAfAEAyFt7ImEiOjB9LHsiYSI6MTIzNDU2Nzg5fSwJIJDbHKz/Ux7uHHPSnWOdwF1dVAdUAAAAAQD9/+P/uQYCRAAAAAEA/f85AAI9AAAAAQB+2gMgtzuG3Q==',
  'KLUv/QBodAEAwHsiYSI6MH0seyJhIjoxMjM0NTY3ODl9LAkgkNscrf9THu4cc9KdY53AXV2kBFQAAAABAP3/4/+5BgJEAAAAAQD9/zkAAkUAAAhdAQB82gMg',
].map((text) => Buffer.from(text, 'base64'))
const HALF = Array.from({ length: 50_000 }, (_, i) => `{"a":${i % 10}}`).join(',')
const WHOLE = `[${HALF},${HALF}]`
const SKIPPED = Buffer.from('502a4d180400000061626364', 'hex')
const MIB = 1024 ** 2
const nothing = (): void => undefined

describe('unzstd', () => {
  it('puts several frames of several blocks together, and skips those that are no data', async () => {
    const body = await unzstd(Buffer.concat([SKIPPED, HALVES[0], SKIPPED, HALVES[1]]), MIB, nothing)
    expect(body.toString() === WHOLE).toBe(true)
  })

  it('ends a little beyond its limit, over all frames', async () => {
    await expect(unzstd(Buffer.concat(HALVES), WHOLE.length - 1, nothing)).rejects.toMatchObject({ reason: 'large' })
    await expect(unzstd(Buffer.concat(HALVES), WHOLE.length, nothing)).resolves.toHaveLength(WHOLE.length)
    let seen = 0
    await expect(unzstd(Buffer.concat(Array.from({ length: 1_000 }, () => HALVES[0])), MIB, (bytes) => (seen += bytes))).rejects.toMatchObject({ reason: 'large' })
    expect(seen).toBeLessThan(8 * MIB)
  })

  it('tells the memory of windows before they are made', async () => {
    const asked: number[] = []
    // A frame that asks for a window of 8 MiB, and ends at once.
    await unzstd(Buffer.from('28b52ffd0068010000', 'hex'), MIB, (bytes) => asked.push(bytes))
    expect(asked[0]).toBe(8 * MIB)
    await expect(unzstd(Buffer.from('28b52ffd0070010000', 'hex'), MIB, nothing)).rejects.toMatchObject({ reason: 'large' })
  })

  it('ends where very many blocks would each move a large window', async () => {
    // A frame of a window of 8 MiB, with blocks of one byte.
    const blocks = (count: number): Buffer => Buffer.concat([Buffer.from('28b52ffd0068', 'hex'), Buffer.alloc(4 * count, Buffer.from('0a000031', 'hex')), Buffer.from('010000', 'hex')])
    await expect(unzstd(blocks(200), MIB, nothing)).resolves.toHaveLength(200)
    await expect(unzstd(blocks(100_000), MIB, nothing)).rejects.toMatchObject({ reason: 'scattered' })
  })

  it('is ended by whoever counts', async () => {
    const full = new Error('full')
    await expect(
      unzstd(Buffer.concat(HALVES), MIB, () => {
        throw full
      }),
    ).rejects.toBe(full)
  })

  it('finds damage and missing bytes, wherever they are', async () => {
    const body = HALVES[0]
    for (let cut = 1; cut < body.length; cut++) await expect(unzstd(body.subarray(0, cut), MIB, nothing), `cut at ${cut}`).rejects.toMatchObject({ reason: 'damaged' })
    for (const head of ['28b52ffe', '00', '28b52ffd01', '502a4d180400000061']) await expect(unzstd(Buffer.from(head, 'hex'), MIB, nothing)).rejects.toMatchObject({ reason: 'damaged' })
  })
})

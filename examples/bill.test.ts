import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const folder = join(dirname(fileURLToPath(import.meta.url)), 'streams-vs-firehose')

interface Bill {
  readonly sent: number
  readonly lines: readonly { readonly billed: number; readonly monthly: number }[]
}

test('streams-vs-firehose: each price model rounds each record up by itself, to its own unit', async () => {
  const { makeBill, readPrices } = (await import(join(folder, 'bill.mjs'))) as {
    makeBill(sizes: readonly number[], run: { seconds: number; shards: number; readers: number }, prices: unknown): Bill
    readPrices(path: string): Promise<unknown>
  }
  const prices = await readPrices(join(folder, 'prices.yaml'))
  const { sent, lines } = makeBill([1, 1_024, 1_025, 6_000, 26_000], { seconds: 3_600, shards: 2, readers: 1 }, prices)
  expect(sent).toBe(34_050)
  expect(lines.map(({ billed }) => billed / 1_024)).toEqual([5 + 5 + 5 + 10 + 30, (1 + 1 + 1 + 1 + 2) * 25, 1 + 1 + 2 + 6 + 26])

  // 1 GiB an hour in records of exactly 5 KiB, at list prices.
  const gigabyte = makeBill(Array.from({ length: 209_715 }, () => 5_120), { seconds: 3_600, shards: 2, readers: 1 }, prices)
  expect(gigabyte.lines[0].monthly).toBeCloseTo(730 * 0.047, 1)
  expect(gigabyte.lines[1].monthly).toBeCloseTo(2 * 730 * 0.015 + 730 * 0.209715 * 0.014, 1)
  expect(gigabyte.lines[2].monthly).toBeCloseTo(730 * 0.04 + 730 * 0.12, 1)
})

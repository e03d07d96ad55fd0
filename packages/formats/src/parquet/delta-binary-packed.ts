import type { ByteSink } from './byte-sink.js'

const BLOCK = 128
const MINIBLOCKS = 4
const MINIBLOCK = BLOCK / MINIBLOCKS

/** Differences of one block as low and high words. Encoding is synchronous, so one pair serves all. */
const lows = new Int32Array(BLOCK)
const highs = new Int32Array(BLOCK)
const widths = new Uint8Array(MINIBLOCKS)

/**
 * Writes 64-bit values `[start, end)`, two words each, as DELTA_BINARY_PACKED: differences above the least
 * one of each block of 128, packed in four miniblocks at the width each needs. Differences wrap around.
 * Source: https://parquet.apache.org/docs/file-format/data-pages/encodings/ (DELTA_BINARY_PACKED)
 */
export function writeDelta64(out: ByteSink, words: Int32Array, start: number, end: number): void {
  writeHeader(out, end - start)
  if (end === start) out.zigzag(0)
  else out.zigzagWords(words[2 * start], words[2 * start + 1])
  for (let at = start + 1; at < end; at += BLOCK) writeBlock(out, loadBlock64(words, at, Math.min(BLOCK, end - at)))
}

/** {@link writeDelta64} for 32-bit values; their differences wrap around at 32 bits. */
export function writeDelta32(out: ByteSink, values: Int32Array, start: number, end: number): void {
  writeHeader(out, end - start)
  out.zigzag(end === start ? 0 : values[start])
  for (let at = start + 1; at < end; at += BLOCK) writeBlock(out, loadBlock32(values, at, Math.min(BLOCK, end - at)))
}

/** About how many bytes `count` values would take, judged by up to sixteen blocks spread over them. */
export function estimateDelta64(words: Int32Array, count: number): number {
  return estimate(count, (at, length) => loadBlock64(words, at, length))
}

/** {@link estimateDelta64} for 32-bit values. */
export function estimateDelta32(values: Int32Array, count: number): number {
  return estimate(count, (at, length) => loadBlock32(values, at, length))
}

function estimate(count: number, load: (at: number, length: number) => number): number {
  if (count < 2) return 16
  const step = Math.max(BLOCK, Math.floor(count / 16))
  let sampled = 0
  let bytes = 0
  for (let at = 1; at < count; at += step) {
    const length = load(at, Math.min(BLOCK, count - at))
    findWidths(length)
    for (let m = 0; m < MINIBLOCKS; m++) bytes += widths[m] * (MINIBLOCK / 8)
    bytes += MINIBLOCKS + 4
    sampled += length
  }
  return Math.ceil((bytes * count) / sampled) + 8
}

function writeHeader(out: ByteSink, count: number): void {
  out.varint(BLOCK)
  out.varint(MINIBLOCKS)
  out.varint(count)
}

function loadBlock64(words: Int32Array, at: number, length: number): number {
  let beforeLow = words[2 * at - 2]
  let beforeHigh = words[2 * at - 1]
  for (let k = 0; k < length; k++) {
    const low = words[2 * (at + k)]
    const high = words[2 * (at + k) + 1]
    const borrow = low >>> 0 < beforeLow >>> 0 ? 1 : 0
    lows[k] = low - beforeLow
    highs[k] = high - beforeHigh - borrow
    beforeLow = low
    beforeHigh = high
  }
  return length
}

function loadBlock32(values: Int32Array, at: number, length: number): number {
  for (let k = 0; k < length; k++) {
    const difference = (values[at + k] - values[at + k - 1]) | 0
    lows[k] = difference
    highs[k] = difference >> 31
  }
  return length
}

let leastLow = 0
let leastHigh = 0

/** Makes the loaded differences relative to the least of them, and finds the width of each miniblock. */
function findWidths(length: number): void {
  leastLow = lows[0]
  leastHigh = highs[0]
  for (let k = 1; k < length; k++) {
    const high = highs[k]
    if (high < leastHigh || (high === leastHigh && lows[k] >>> 0 < leastLow >>> 0)) {
      leastHigh = high
      leastLow = lows[k]
    }
  }
  for (let m = 0; m < MINIBLOCKS; m++) {
    let anyLow = 0
    let anyHigh = 0
    const stop = Math.min(length, (m + 1) * MINIBLOCK)
    for (let k = m * MINIBLOCK; k < stop; k++) {
      const low = lows[k]
      const borrow = low >>> 0 < leastLow >>> 0 ? 1 : 0
      anyLow |= lows[k] = low - leastLow
      anyHigh |= highs[k] = highs[k] - leastHigh - borrow
    }
    widths[m] = anyHigh !== 0 ? 64 - Math.clz32(anyHigh) : 32 - Math.clz32(anyLow)
  }
}

function writeBlock(out: ByteSink, length: number): void {
  findWidths(length)
  lows.fill(0, length)
  highs.fill(0, length)
  out.zigzagWords(leastLow, leastHigh)
  out.append(widths)
  out.reserve(BLOCK * 8)
  for (let m = 0; m < MINIBLOCKS; m++) {
    if (widths[m] > 32) packWords(out, m * MINIBLOCK, widths[m])
    else if (widths[m] > 0) pack(out, m * MINIBLOCK, widths[m])
  }
}

/** Packs the low words of a miniblock, at 1 to 32 bits. Its bits are a whole number of 32-bit words. */
function pack(out: ByteSink, start: number, width: number): void {
  const bytes = out.bytes
  let to = out.length
  let pending = 0
  let bits = 0
  for (let k = start; k < start + MINIBLOCK; k++) {
    const value = lows[k]
    pending |= value << bits
    bits += width
    if (bits >= 32) {
      bytes[to] = pending
      bytes[to + 1] = pending >>> 8
      bytes[to + 2] = pending >>> 16
      bytes[to + 3] = pending >>> 24
      to += 4
      bits -= 32
      // What did not fit; a shift by 32 would be one by 0.
      pending = bits === 0 ? 0 : value >>> (width - bits)
    }
  }
  out.length = to
}

/** Packs both words of a miniblock, at 33 to 64 bits. Rare: only where neighbours differ by more than 2^32. */
function packWords(out: ByteSink, start: number, width: number): void {
  let pending = 0n
  let bits = 0
  for (let k = start; k < start + MINIBLOCK; k++) {
    pending |= ((BigInt(highs[k] >>> 0) << 32n) | BigInt(lows[k] >>> 0)) << BigInt(bits)
    bits += width
    while (bits >= 8) {
      out.byte(Number(pending & 0xffn))
      pending >>= 8n
      bits -= 8
    }
  }
}

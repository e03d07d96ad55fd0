import type { ByteSink } from './byte-sink.js'

/** Bits needed for numbers from 0 to `largest`. */
export function bitWidth(largest: number): number {
  return 32 - Math.clz32(largest)
}

/**
 * Writes `values[start, end)` as Parquet's RLE / bit-packing hybrid, without a length before it: runs of
 * eight and more equal values as a count and the value, everything else packed at `width` bits (1 to 24).
 * Source: https://parquet.apache.org/docs/file-format/data-pages/encodings/ (RLE)
 */
export function writeHybrid(out: ByteSink, values: Int32Array, start: number, end: number, width: number): void {
  let literals = start
  let at = start
  while (at < end) {
    const value = values[at]
    let next = at + 1
    while (next < end && values[next] === value) next++
    // Literals go out in whole groups of eight, so a run first completes the group before it.
    const runStart = at + ((8 - ((at - literals) & 7)) & 7)
    if (next - runStart >= 8) {
      if (runStart > literals) writePacked(out, values, literals, runStart, width)
      writeRun(out, value, next - runStart, width)
      literals = next
    }
    at = next
  }
  if (end > literals) writePacked(out, values, literals, end, width)
}

/** {@link writeHybrid} for levels: the same over bytes, so that each loop sees one kind of array. */
export function writeLevels(out: ByteSink, levels: Uint8Array, start: number, end: number, width: number): void {
  let literals = start
  let at = start
  while (at < end) {
    const value = levels[at]
    let next = at + 1
    while (next < end && levels[next] === value) next++
    const runStart = at + ((8 - ((at - literals) & 7)) & 7)
    if (next - runStart >= 8) {
      if (runStart > literals) writePackedLevels(out, levels, literals, runStart, width)
      writeRun(out, value, next - runStart, width)
      literals = next
    }
    at = next
  }
  if (end > literals) writePackedLevels(out, levels, literals, end, width)
}

/** Writes `length` times the same value, as a run of the hybrid. */
export function writeRun(out: ByteSink, value: number, length: number, width: number): void {
  out.varint(length * 2)
  for (let shift = 0; shift < width; shift += 8) out.byte(value >>> shift)
}

function writePacked(out: ByteSink, values: Int32Array, start: number, end: number, width: number): void {
  const groups = (end - start + 7) >> 3
  out.varint(groups * 2 + 1)
  out.reserve(groups * width + 4)
  const bytes = out.bytes
  const last = out.length + groups * width
  let to = out.length
  let pending = 0
  let bits = 0
  let i = start
  // Two bytes at a time, as long as the bits that wait and those of a value fit 32 bits.
  if (width <= 16) {
    for (; i < end; i++) {
      pending |= values[i] << bits
      bits += width
      if (bits >= 16) {
        bytes[to] = pending
        bytes[to + 1] = pending >>> 8
        to += 2
        pending >>>= 16
        bits -= 16
      }
    }
  }
  for (; i < end; i++) {
    pending |= values[i] << bits
    bits += width
    while (bits >= 8) {
      bytes[to++] = pending
      pending >>>= 8
      bits -= 8
    }
  }
  for (; bits > 0; bits -= 8, pending >>>= 8) bytes[to++] = pending
  bytes.fill(0, to, last)
  out.length = last
}

function writePackedLevels(out: ByteSink, levels: Uint8Array, start: number, end: number, width: number): void {
  const groups = (end - start + 7) >> 3
  out.varint(groups * 2 + 1)
  out.reserve(groups * width + 4)
  const bytes = out.bytes
  const last = out.length + groups * width
  let to = out.length
  let pending = 0
  let bits = 0
  for (let i = start; i < end; i++) {
    pending |= levels[i] << bits
    bits += width
    while (bits >= 8) {
      bytes[to++] = pending
      pending >>>= 8
      bits -= 8
    }
  }
  if (bits > 0) bytes[to++] = pending
  bytes.fill(0, to, last)
  out.length = last
}

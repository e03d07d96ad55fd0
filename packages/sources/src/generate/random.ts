/**
 * A number in [0, 1) that depends on nothing but its arguments, so that any record can be made again without
 * those before it. `draw` tells apart the numbers of one record. (MurmurHash3's mixing steps.)
 */
export function unit(seed: number, index: number, draw: number): number {
  let hash = mixed(seed | 0, draw)
  hash = mixed(hash, index | 0)
  hash = mixed(hash, Math.floor(index / 4_294_967_296))
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296
}

/** About normally distributed around 0, within ±2; the standard deviation is 0.58. */
export function bell(seed: number, index: number, draw: number): number {
  const a = unit(seed, index, draw)
  const b = (a * 65_536) % 1
  return unit(seed, index, draw + 64) + unit(seed, index, draw + 128) + a + b - 2
}

/** Rounds to `1 / steps`. */
export function rounded(value: number, steps: number): number {
  return Math.round(value * steps) / steps
}

function mixed(hash: number, value: number): number {
  let k = Math.imul(value, 0xcc9e2d51)
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593)
  const h = hash ^ k
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}

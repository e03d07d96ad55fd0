/** Where the next allocation begins. The plan is allocated once and stays; what {@link prepare} lays out for a batch lies behind it. */
let free: usize = (__heap_base + 15) & ~15

/** So many bytes, at a multiple of 16, never given back. Not cleared, except that memory never used is zero. */
export function allocate(bytes: usize): usize {
  const at = free
  free = (at + bytes + 15) & ~15
  const needed = i32((free + 0xffff) >>> 16) - memory.size()
  if (needed > 0 && memory.grow(needed) < 0) unreachable()
  return at
}

/** Where the next allocation begins, to go back there by {@link freeTo}. */
export function allocated(): usize {
  return free
}

/** Gives back all that was allocated since {@link allocated} was `at`. */
export function freeTo(at: usize): void {
  free = at
}

/** Sixteen bytes of ones and sixteen of zeros: read from `16 - n` on, a mask for the first n of sixteen bytes. */
const MASKS: usize = memory.data<u8>([
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
])

/** Whether `length` bytes are equal; up to 15 bytes behind either may be read. */
// @ts-ignore: decorator
@inline
export function sameBytes(a: usize, b: usize, length: usize): bool {
  while (length > 16) {
    if (v128.any_true(v128.xor(v128.load(a), v128.load(b)))) return false
    a += 16
    b += 16
    length -= 16
  }
  return !v128.any_true(v128.and(v128.xor(v128.load(a), v128.load(b)), v128.load(MASKS + 16 - length)))
}

/** Copies `length` bytes in steps of 16: up to 15 bytes behind either are read and written over. */
// @ts-ignore: decorator
@inline
export function copyBytes(to: usize, from: usize, length: usize): void {
  const end = to + length
  do {
    v128.store(to, v128.load(from))
    to += 16
    from += 16
  } while (to < end)
}

/** `hashBytes` of the model's dictionary: four bytes at a time, little-endian, the last ones filled up with zeros. */
// @ts-ignore: decorator
@inline
export function hashBytes(at: usize, length: usize): u32 {
  let hash: u32 = 0
  let left = length
  for (; left >= 4; left -= 4, at += 4) {
    hash = (hash ^ load<u32>(at)) * 0x85ebca6b
    hash ^= hash >>> 13
  }
  if (left > 0) {
    hash = (hash ^ (load<u32>(at) & ((1 << (u32(left) << 3)) - 1))) * 0x85ebca6b
    hash ^= hash >>> 13
  }
  hash = (hash ^ u32(length)) * 0xc2b2ae35
  return hash ^ (hash >>> 16)
}

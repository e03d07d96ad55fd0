import { setImmediate } from 'node:timers/promises'
import { Decompress } from 'fzstd'
import { CollectedBytes } from './collected-bytes.js'

/** Why a body cannot be decompressed: what it becomes is too `large`, it is in too many small blocks (`scattered`), or it is `damaged`. */
export class UnzstdError extends Error {
  override readonly name = 'UnzstdError'

  constructor(
    readonly reason: 'large' | 'scattered' | 'damaged',
    cause?: unknown,
  ) {
    super(`the zstd data is ${reason === 'damaged' ? 'damaged' : `too ${reason}`}`, { cause })
  }
}

const FRAME_MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
/** The window every decoder has to support (RFC 8878, 3.1.1.1.2); a frame may make the decoder allocate as much. */
const MAX_WINDOW_BYTES = 8 * 1024 * 1024
/** Bytes put out between turns of the event loop. */
const TURN_BYTES = 1024 * 1024
/** The decoder moves its whole window for each block. In all it may move so many times the limit, or the window above. */
const MOVED_TIMES = 256
/** Work that a block makes by itself, as many moved bytes' worth. */
const BLOCK_BYTES = 32 * 1024
/** Moved bytes that take as long as one that is put out. */
const MOVED_A_BYTE = 32

/**
 * Decompresses zstd frames (RFC 8878) up to a limit. Frames are walked block by block, each of which gives at
 * most 128 KiB, and their windows count too: neither output, allocations nor time pass a multiple of the limit.
 * `grown` is told of the memory that windows and output take; what it throws ends it.
 */
export async function unzstd(input: Buffer, limitBytes: number, grown: (bytes: number) => void): Promise<Buffer> {
  const output = new CollectedBytes()
  let told = 0
  let windows = 0
  let moved = 0
  let turnLeft = TURN_BYTES
  for (let at = 0; at < input.length;) {
    const magic = read(input, at, 4)
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      at += 8 + read(input, at + 4, 4)
      if (at > input.length) throw new UnzstdError('damaged')
      continue
    }
    if (magic !== FRAME_MAGIC) throw new UnzstdError('damaged')
    const { windowBytes, headBytes, checksumBytes } = frameHead(input, at)
    windows += windowBytes
    if (windowBytes > Math.max(MAX_WINDOW_BYTES, limitBytes) || windows > 4 * Math.max(MAX_WINDOW_BYTES, limitBytes)) throw new UnzstdError('large')
    grown(windowBytes)
    const frame = new Decompress((chunk) => {
      if (chunk.length > 0) output.add(chunk)
    })
    let from = at
    at += headBytes
    for (let last = false; !last;) {
      const block = read(input, at, 3)
      last = (block & 1) === 1
      at += 3 + (((block >> 1) & 3) === 1 ? 1 : block >> 3) + (last ? checksumBytes : 0)
      if (at > input.length) throw new UnzstdError('damaged')
      try {
        frame.push(input.subarray(from, at), last)
      } catch (cause) {
        throw new UnzstdError('damaged', cause)
      }
      if (output.length > limitBytes) throw new UnzstdError('large')
      const more = output.length - told
      if (more > 0) grown(more)
      told = output.length
      from = at
      moved += windowBytes + BLOCK_BYTES
      if (moved > MOVED_TIMES * Math.max(MAX_WINDOW_BYTES, limitBytes)) throw new UnzstdError('scattered')
      turnLeft -= more + (windowBytes + BLOCK_BYTES) / MOVED_A_BYTE
      if (turnLeft > 0) continue
      turnLeft = TURN_BYTES
      await setImmediate()
    }
  }
  return output.join(grown)
}

/** The head of a frame (RFC 8878, 3.1.1.1). */
function frameHead(input: Buffer, at: number): { windowBytes: number; headBytes: number; checksumBytes: number } {
  const descriptor = read(input, at + 4, 1)
  const single = (descriptor >> 5) & 1
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]
  const sizeBytes = [single, 2, 4, 8][descriptor >> 6]
  const headBytes = 5 + (1 - single) + dictionaryBytes + sizeBytes
  const checksumBytes = (descriptor & 4) === 0 ? 0 : 4
  if (single === 0) {
    const window = read(input, at + 5, 1)
    const base = 2 ** (10 + (window >> 3))
    return { windowBytes: base + (base / 8) * (window & 7), headBytes, checksumBytes }
  }
  const sizeAt = at + headBytes - sizeBytes
  if (sizeBytes < 8) return { windowBytes: read(input, sizeAt, sizeBytes) + (sizeBytes === 2 ? 256 : 0), headBytes, checksumBytes }
  return { windowBytes: read(input, sizeAt, 4) + read(input, sizeAt + 4, 4) * 2 ** 32, headBytes, checksumBytes }
}

function read(input: Buffer, at: number, bytes: number): number {
  if (at + bytes > input.length) throw new UnzstdError('damaged')
  return input.readUIntLE(at, bytes)
}

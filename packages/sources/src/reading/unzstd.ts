import { setImmediate } from 'node:timers/promises'
import { Decompress } from 'fzstd'

/** Why a body cannot be decompressed: what it becomes is too `large`, or it is `damaged`. */
export class UnzstdError extends Error {
  override readonly name = 'UnzstdError'

  constructor(
    readonly reason: 'large' | 'damaged',
    cause?: unknown,
  ) {
    super(`the zstd data is ${reason === 'large' ? 'too large' : 'damaged'}`, { cause })
  }
}

const FRAME_MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
/** The window every decoder has to support (RFC 8878, 3.1.1.1.2); a frame may make the decoder allocate as much. */
const MAX_WINDOW_BYTES = 8 * 1024 * 1024
/** Bytes put out between turns of the event loop. */
const TURN_BYTES = 1024 * 1024

/**
 * Decompresses zstd frames (RFC 8878) up to a limit. Frames are walked block by block, each of which gives at
 * most 128 KiB, and their windows count too: neither output nor allocations pass a small multiple of the limit.
 * `grown` is told of the memory that windows and output take; what it throws ends it.
 */
export async function unzstd(input: Buffer, limitBytes: number, grown: (bytes: number) => void): Promise<Buffer> {
  const output: Uint8Array[] = []
  let length = 0
  let told = 0
  let windows = 0
  let turnAt = TURN_BYTES
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
      if (chunk.length === 0) return
      output.push(chunk)
      length += chunk.length
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
      if (length > limitBytes) throw new UnzstdError('large')
      if (length > told) grown(length - told)
      told = length
      from = at
      if (length > turnAt) {
        turnAt = length + TURN_BYTES
        await setImmediate()
      }
    }
  }
  return Buffer.concat(output, length)
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

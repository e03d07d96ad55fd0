/** Gives the next piece of a stream; undefined where there is nothing more (for now, if the stream may grow). */
export type Pull = () => Promise<Uint8Array | undefined>

/** The stream without its first `bytes` bytes. */
export function skipBytes(pull: Pull, bytes: number): Pull {
  let left = bytes
  return async () => {
    for (;;) {
      const chunk = await pull()
      if (chunk === undefined || left === 0) return chunk
      if (chunk.length > left) {
        const rest = chunk.subarray(left)
        left = 0
        return rest
      }
      left -= chunk.length
    }
  }
}

/** The stream with `first` before it. */
export function prepend(first: Uint8Array | undefined, pull: Pull): Pull {
  let waiting = first
  return async () => {
    if (waiting === undefined) return pull()
    const chunk = waiting
    waiting = undefined
    return chunk
  }
}

/** Pieces of any size as chunks of `chunkBytes`, the last one smaller. An error comes after all bytes that came before it. */
export function evenChunks(pieces: AsyncIterator<Uint8Array>, chunkBytes: number): Pull {
  let failure: { readonly error: unknown } | undefined
  let parts: Uint8Array[] = []
  let length = 0
  return async () => {
    while (length < chunkBytes && failure === undefined) {
      try {
        const { value, done } = await pieces.next()
        if (done === true) break
        parts.push(value)
        length += value.length
      } catch (error) {
        failure = { error }
      }
    }
    if (length === 0) {
      if (failure !== undefined) throw failure.error
      return undefined
    }
    const whole = parts.length === 1 ? parts[0] : Buffer.concat(parts, length)
    parts = length > chunkBytes ? [whole.subarray(chunkBytes)] : []
    length = Math.max(0, length - chunkBytes)
    return whole.subarray(0, chunkBytes)
  }
}

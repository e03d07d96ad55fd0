import type { FileHandle } from 'node:fs/promises'
import { evenChunks, prepend, skipBytes, type Pull } from '../reading/pull.js'
import { detectEncoding, transcode } from '../reading/text-encoding.js'
import type { Compression } from './compression.js'
import { decompress } from './decompress.js'
import { pullFile, pullLines, readAt } from './file-bytes.js'

/** How to read a file as UTF-8. */
export interface TextStreamOptions {
  readonly path: string
  readonly compression: Compression
  /** A label of TextDecoder; a byte-order mark in the file wins. */
  readonly encoding: string
  /** Offset in the stream to start at; 0 for the beginning. */
  readonly offset: number
  readonly chunkBytes: number
  /** Told the file position after each read. */
  readonly onRead?: (end: number) => void
}

/** A file as one stream of UTF-8, whatever its compression and encoding. */
export interface TextStream {
  readonly pull: Pull
  /** Stream offset of the first byte that `pull` gives. */
  readonly offset: number
  /** What an incomplete character at the very end of the file decodes to. */
  flush(): Uint8Array | undefined
}

/**
 * Opens a file's text at an offset. Plain UTF-8 is read from there on; anything else from the start of the
 * file, and skipped, since an offset counts decompressed bytes in UTF-8. A byte-order mark is not given.
 */
export async function openTextStream(handle: FileHandle, options: TextStreamOptions): Promise<TextStream> {
  const { path, compression, chunkBytes, onRead } = options
  if (compression === 'none') {
    const { label, markBytes } = detectEncoding(await readAt(handle, path, 0, 3), options.encoding)
    if (label !== 'utf-8') return transcoded(pullFile(handle, path, 0, chunkBytes, onRead), label, options.offset)
    const offset = Math.max(options.offset, markBytes)
    return { pull: pullLines(handle, path, offset, chunkBytes, onRead), offset, flush: () => undefined }
  }
  const read = async (position: number, length: number): Promise<Uint8Array> => {
    const bytes = await readAt(handle, path, position, length)
    onRead?.(position + bytes.length)
    return bytes
  }
  const pull = evenChunks(decompress(read, compression, path), chunkBytes)
  const first = await pull()
  const { label, markBytes } = detectEncoding(first ?? new Uint8Array(0), options.encoding)
  const whole = prepend(first, pull)
  if (label !== 'utf-8') return transcoded(whole, label, options.offset)
  const offset = Math.max(options.offset, markBytes)
  return { pull: skipBytes(whole, offset), offset, flush: () => undefined }
}

function transcoded(bytes: Pull, label: string, offset: number): TextStream {
  const { pull, flush } = transcode(bytes, label)
  return { pull: skipBytes(pull, offset), offset, flush }
}

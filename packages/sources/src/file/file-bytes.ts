import type { FileHandle } from 'node:fs/promises'
import { StandpipeError } from '@standpipe/core'
import type { Pull } from '../reading/pull.js'

/** How the file system names what went wrong: `ENOENT`, `EACCES`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** The error for a file that cannot be opened or read. */
export function unreadable(path: string, cause: unknown): StandpipeError {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'it does not exist',
    EACCES: 'this process may not read it',
    EISDIR: 'it is a directory; name the files in it, like `' + path + '/*.jsonl`',
    EMFILE: 'too many files are open',
  }
  const code = systemCode(cause)
  const reason = (code === undefined ? undefined : reasons[code]) ?? (cause instanceof Error ? cause.message : String(cause))
  return new StandpipeError(`cannot read ${path}: ${reason}`, { code: 'SOURCE_UNREADABLE', component: 'file', cause })
}

/** At most `length` bytes at `position`; fewer only at the end of the file. */
export async function readAt(handle: FileHandle, path: string, position: number, length: number): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(length)
  return buffer.subarray(0, await readInto(handle, path, position, buffer, 0))
}

/** Fills `buffer` from `offset` on with the bytes at `position`; how many there were: fewer than fit only at the end of the file. */
async function readInto(handle: FileHandle, path: string, position: number, buffer: Buffer, offset: number): Promise<number> {
  let filled = offset
  while (filled < buffer.length) {
    let bytesRead: number
    try {
      ;({ bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position + filled - offset))
    } catch (error) {
      throw unreadable(path, error)
    }
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled - offset
}

const NEWLINE = 10

/**
 * A file's bytes as {@link pullFile} gives them, but cut behind the last line end in each chunk, so that records of a line each are
 * whole and need no copy. What is left comes with the next chunk, or alone at the present end of the file.
 */
export function pullLines(handle: FileHandle, path: string, position: number, chunkBytes: number, onRead: (end: number) => void = () => {}): Pull {
  let at = position
  let rest = new Uint8Array(0)
  return async () => {
    const before = rest.length
    // A line that is longer than a chunk is given in pieces.
    const wanted = Math.max(chunkBytes - before, chunkBytes >> 1)
    const buffer = Buffer.allocUnsafeSlow(before + wanted)
    buffer.set(rest)
    const readBytes = await readInto(handle, path, at, buffer, before)
    at += readBytes
    if (readBytes > 0) onRead(at)
    const chunk = buffer.subarray(0, before + readBytes)
    const cut = readBytes < wanted ? chunk.length : chunk.lastIndexOf(NEWLINE) + 1
    rest = cut === 0 ? rest.subarray(0, 0) : new Uint8Array(chunk.subarray(cut))
    const given = cut === 0 ? chunk : chunk.subarray(0, cut)
    return given.length === 0 ? undefined : given
  }
}

/** A file's bytes from `position` on, in fresh buffers of `chunkBytes`; at its end it may be asked again. */
export function pullFile(handle: FileHandle, path: string, position: number, chunkBytes: number, onRead: (end: number) => void = () => {}): Pull {
  let at = position
  return async () => {
    const chunk = await readAt(handle, path, at, chunkBytes)
    if (chunk.length === 0) return undefined
    at += chunk.length
    onRead(at)
    return chunk
  }
}

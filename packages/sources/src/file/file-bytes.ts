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
  let filled = 0
  while (filled < length) {
    let bytesRead: number
    try {
      ;({ bytesRead } = await handle.read(buffer, filled, length - filled, position + filled))
    } catch (error) {
      throw unreadable(path, error)
    }
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
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

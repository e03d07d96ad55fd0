import { mkdir, open, readdir, rename, statfs, unlink, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileErrorCode, nodeFileLayer } from '@standpipe/core'

/** One open file of a journal. Calls reject with Node's errors, which carry `code`. */
export interface JournalFile {
  /** At most `length` bytes at a position; fewer only at the end of the file. */
  readAt(position: number, length: number): Promise<Uint8Array>
  /** Writes all pieces, one after another, from a position on. */
  writeAt(position: number, pieces: readonly Uint8Array[]): Promise<void>
  /** Cuts the file to `bytes`. */
  truncate(bytes: number): Promise<void>
  /** Makes content and length durable. */
  sync(): Promise<void>
  sizeBytes(): Promise<number>
  close(): Promise<void>
}

/**
 * The file system as a journal sees it: every call that has an effect, and no other. A test can put a layer
 * in its place that forgets, at a crash, what was not synced: bytes without `sync`, names without
 * `syncDirectory` of their folder.
 */
export interface JournalFiles {
  /** Makes a folder with all above it, durably; nothing where it is there. */
  makeDirectory(path: string): Promise<void>
  /** Names of the files in a folder. */
  list(path: string): Promise<readonly string[]>
  /** Opens a file to read and write; makes it, or empties it, with `create`. */
  open(path: string, create?: boolean): Promise<JournalFile>
  rename(from: string, to: string): Promise<void>
  /** Removes a file; nothing where there is none. */
  remove(path: string): Promise<void>
  /** Makes the names in a folder durable. */
  syncDirectory(path: string): Promise<void>
  /** Bytes that this process may still write to the disk of a folder. */
  freeBytes(path: string): Promise<number>
}

/** The real file system. */
export const nodeJournalFiles: JournalFiles = {
  async makeDirectory(path) {
    const first = await mkdir(path, { recursive: true })
    if (first === undefined) return
    for (let folder = path; folder.length >= first.length; folder = dirname(folder)) await nodeFileLayer.syncDirectory(dirname(folder))
  },
  async list(path) {
    const entries = await readdir(path, { withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
  },
  open: async (path, create = false) => nodeFile(await open(path, create ? 'w+' : 'r+')),
  rename,
  async remove(path) {
    try {
      await unlink(path)
    } catch (error) {
      if (fileErrorCode(error) !== 'ENOENT') throw error
    }
  },
  async syncDirectory(path) {
    await nodeFileLayer.syncDirectory(path)
  },
  async freeBytes(path) {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  },
}

/** Writes a whole small file so that a crash leaves the old content or the new one. */
export async function replaceFile(files: JournalFiles, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`
  const file = await files.open(temporary, true)
  try {
    await file.writeAt(0, [bytes])
    await file.sync()
  } finally {
    await file.close()
  }
  await files.rename(temporary, path)
  await files.syncDirectory(dirname(path))
}

/** The whole of a small file. */
export async function readFile(files: JournalFiles, path: string): Promise<Uint8Array> {
  const file = await files.open(path)
  try {
    return await file.readAt(0, await file.sizeBytes())
  } finally {
    await file.close()
  }
}

/** Pieces that are larger on average are written as they are. */
const COPIED_BYTES = 8 * 1024

function nodeFile(handle: FileHandle): JournalFile {
  return {
    async readAt(position, length) {
      const buffer = Buffer.allocUnsafeSlow(length)
      let filled = 0
      while (filled < length) {
        const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return buffer.subarray(0, filled)
    },
    async writeAt(position, pieces) {
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
      // Small pieces are copied together sooner than they are written one by one.
      let done = 0
      if (pieces.length > 1 && length > pieces.length * COPIED_BYTES) {
        const { bytesWritten } = await handle.writev(pieces, position)
        if (bytesWritten === length) return
        done = bytesWritten
      }
      const bytes = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
      while (done < bytes.length) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
        done += bytesWritten
      }
    },
    truncate: (bytes) => handle.truncate(bytes),
    sync: () => handle.sync(),
    sizeBytes: async () => (await handle.stat()).size,
    close: () => handle.close(),
  }
}

import { link, mkdir, open, readdir, readFile, realpath, stat, unlink } from 'node:fs/promises'

/** What stores on a file system need to know about a file. */
export interface FileStatus {
  readonly bytes: number
  /** Two paths with equal ids are links to one file. */
  readonly id: string
  /** Time of the last write, in milliseconds since the epoch. */
  readonly modifiedMs: number
}

/**
 * The file system as the directory store and the file ledger see it: the calls they make, and no other. A test can
 * put a layer in its place that forgets, at a crash, what was not synced: bytes without `syncFile`, names
 * (made, linked or removed) without `syncDirectory` of their folder. Calls reject with Node's errors, which
 * carry `code` (`ENOENT`, `EEXIST`, `ENOSPC`, …).
 */
export interface FileLayer {
  /** Makes one folder; resolves to false where it was there already. */
  makeDirectory(path: string): Promise<boolean>
  /** Writes all bytes at a position, making the file if it is not there, with `mode` where one is given. */
  writeAt(path: string, position: number, bytes: Uint8Array, mode?: number): Promise<void>
  /** Cuts a file to `bytes`, then makes its content durable. */
  syncFile(path: string, bytes: number): Promise<void>
  /** Makes the names in a folder durable. Resolves to false where the file system cannot (see {@link nodeFileLayer}). */
  syncDirectory(path: string): Promise<boolean>
  /** Gives a file a second name. Never overwrites: `EEXIST`. */
  link(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  /** Undefined where there is nothing of that name. */
  stat(path: string): Promise<FileStatus | undefined>
  /** The whole content of a file; `ENOENT` where it does not exist. */
  readFile(path: string): Promise<Uint8Array>
  /** Names of the files in a folder. */
  list(path: string): Promise<readonly string[]>
  /** The path without symbolic links; `ENOENT` where it does not exist. */
  realPath(path: string): Promise<string>
}

/** The code of a file-system error (`ENOENT`); undefined for anything else. */
export function fileErrorCode(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return typeof code === 'string' ? code : undefined
}

/**
 * The real file system. A file is opened for each call, so hundreds of unfinished objects need no open
 * descriptors. `syncDirectory` resolves to false for EINVAL and ENOTSUP, by which fsync(2) says that the
 * file system (some network and FUSE ones) has no such operation; every other error is thrown.
 */
export const nodeFileLayer: FileLayer = {
  async makeDirectory(path) {
    try {
      await mkdir(path)
      return true
    } catch (error) {
      if (fileErrorCode(error) === 'EEXIST') return false
      throw error
    }
  },

  async writeAt(path, position, bytes, mode) {
    const file = await openToWrite(path, mode)
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
        done += bytesWritten
      }
    } finally {
      await file.close()
    }
  },

  async syncFile(path, bytes) {
    const file = await open(path, 'r+')
    try {
      await file.truncate(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
  },

  async syncDirectory(path) {
    const folder = await open(path, 'r')
    try {
      await folder.sync()
      return true
    } catch (error) {
      const code = fileErrorCode(error)
      if (code === 'EINVAL' || code === 'ENOTSUP') return false
      throw error
    } finally {
      await folder.close()
    }
  },

  link,
  unlink,

  async stat(path) {
    try {
      const found = await stat(path, { bigint: true })
      return { bytes: Number(found.size), id: `${found.dev}:${found.ino}`, modifiedMs: Number(found.mtimeMs) }
    } catch (error) {
      if (fileErrorCode(error) === 'ENOENT') return undefined
      throw error
    }
  },

  readFile: (path) => readFile(path),

  async list(path) {
    const entries = await readdir(path, { withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
  },

  realPath: (path) => realpath(path),
}

async function openToWrite(path: string, mode?: number): Promise<Awaited<ReturnType<typeof open>>> {
  try {
    return await open(path, 'r+')
  } catch (error) {
    if (fileErrorCode(error) !== 'ENOENT') throw error
    return open(path, 'w', mode)
  }
}

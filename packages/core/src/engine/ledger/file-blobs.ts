import { join } from 'node:path'
import { fileErrorCode, type FileLayer, type LedgerBlobs } from '../../component/index.js'

const EXTENSION = '.state'
const OWNER_ONLY = 0o600

/**
 * State beside a file ledger: a file for each blob, synced with its folder before the document names it. A file
 * that a crash cut off is named by no document. The folder exists: a ledger is loaded before anything is saved
 * beside it. `attempt` turns what the file system throws into errors with codes.
 */
export function createFileBlobs(folder: string, files: FileLayer, attempt: <T>(call: () => Promise<T>) => Promise<T>): LedgerBlobs {
  const path = (name: string): string => join(folder, `${name}${EXTENSION}`)
  return {
    save: (name, bytes) =>
      attempt(async () => {
        await files.writeAt(path(name), 0, bytes, OWNER_ONLY)
        await files.syncFile(path(name), bytes.length)
        await files.syncDirectory(folder)
      }),
    load: (name) =>
      attempt(async () => {
        if ((await files.stat(path(name))) === undefined) return undefined
        return files.readFile(path(name))
      }),
    remove: (name) =>
      attempt(() =>
        files.unlink(path(name)).catch((error: unknown) => {
          if (fileErrorCode(error) !== 'ENOENT') throw error
        }),
      ),
    list: () =>
      attempt(async () => {
        const names = await files.list(folder)
        return names.filter((name) => name.endsWith(EXTENSION)).map((name) => name.slice(0, -EXTENSION.length))
      }),
  }
}

import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileErrorCode, type ListedObject } from '@standpipe/core/component'
import { withFileErrors } from './file-errors.js'
import { STAGING_FOLDER } from './key-path.js'

/** Files looked at together. */
const CONCURRENT_FILES = 32

/** The files below a folder whose keys begin with `prefix`, staged ones left out. What goes away meanwhile is passed over. */
export async function* listFiles(root: string, prefix: string): AsyncIterable<ListedObject> {
  const deepest = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  for await (const key of walk(root, deepest)) {
    const wanted = key.filter((name) => name.startsWith(prefix))
    const statuses = await Promise.all(wanted.map((name) => ifThere(() => stat(join(root, name)))))
    for (const [i, status] of statuses.entries()) if (status !== undefined) yield { key: wanted[i], bytes: status.size }
  }
}

/** Bytes `start` to `end` (exclusive) of a file. */
export async function readFileRange(path: string, start: number, end: number): Promise<Uint8Array> {
  return withFileErrors(`read ${path}`, async () => {
    const file = await open(path, 'r')
    try {
      const bytes = new Uint8Array(Math.max(0, end - start))
      let done = 0
      while (done < bytes.length) {
        const { bytesRead } = await file.read(bytes, done, bytes.length - done, start + done)
        if (bytesRead === 0) break
        done += bytesRead
      }
      return bytes.subarray(0, done)
    } finally {
      await file.close()
    }
  })
}

/** Yields the files of each folder, a few at a time. `folder` is empty or ends with a slash. */
async function* walk(root: string, folder: string): AsyncIterable<readonly string[]> {
  const entries = (await ifThere(() => readdir(join(root, folder), { withFileTypes: true }))) ?? []
  const files = entries.filter((entry) => entry.isFile()).map((entry) => folder + entry.name)
  for (let at = 0; at < files.length; at += CONCURRENT_FILES) yield files.slice(at, at + CONCURRENT_FILES)
  for (const entry of entries) {
    if (entry.isDirectory() && folder + entry.name !== STAGING_FOLDER) yield* walk(root, `${folder}${entry.name}/`)
  }
}

async function ifThere<T>(look: () => Promise<T>): Promise<T | undefined> {
  return withFileErrors('list the folder', async () => {
    try {
      return await look()
    } catch (error) {
      if (fileErrorCode(error) === 'ENOENT') return undefined
      throw error
    }
  })
}

import { stat } from 'node:fs/promises'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { glob, isDynamicPattern } from 'tinyglobby'
import { StandpipeError } from '@standpipe/core'
import { systemCode, unreadable } from './file-bytes.js'

/** A file that the configured paths name, as it was when last looked at. */
export interface FoundFile {
  /** Relative to the pipeline file's folder, with `/`: what the shard is called after. */
  readonly path: string
  readonly fullPath: string
  readonly sizeBytes: number
  readonly modifiedMs: number
  /** Stays the same when the file is renamed, and differs from that of a later file that reuses the number. */
  readonly inode: string
}

/** What was found, sorted by path, and the patterns that nothing answered to. */
export interface FoundFiles {
  readonly files: readonly FoundFile[]
  readonly unanswered: readonly string[]
}

/** Looks for the files of all patterns. A directory, or a path that may not be looked at, is SOURCE_UNREADABLE. */
export async function findFiles(patterns: readonly string[], directory: string): Promise<FoundFiles> {
  const found = new Map<string, FoundFile>()
  const unanswered: string[] = []
  for (const pattern of patterns) {
    let matches = 0
    for (const fullPath of await expand(pattern, directory)) {
      const file = await inspectFile(fullPath, directory)
      if (file === undefined) continue
      matches++
      found.set(file.path, file)
    }
    if (matches === 0) unanswered.push(pattern)
  }
  const files = [...found.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  return { files, unanswered }
}

/** The error for patterns that no file answers to: says what was looked for, and where. */
export function nothingFound(patterns: readonly string[], directory: string): StandpipeError {
  const sought = patterns.map((pattern) => resolve(directory, pattern)).join(', ')
  const message = patterns.some((pattern) => isDynamicPattern(pattern))
    ? `no file matches ${sought}`
    : `cannot read ${sought}: it does not exist`
  return new StandpipeError(message, { code: 'SOURCE_UNREADABLE', component: 'file' })
}

async function expand(pattern: string, directory: string): Promise<readonly string[]> {
  // A name may hold characters that also mean something in a glob: the name wins where such a file exists.
  const literal = resolve(directory, pattern)
  if (!isDynamicPattern(pattern) || (await exists(literal))) return [literal]
  const options = { absolute: true, onlyFiles: true, expandDirectories: false }
  return isAbsolute(pattern) ? glob(pattern, options) : glob(pattern, { ...options, cwd: directory })
}

async function exists(path: string): Promise<boolean> {
  return (await inspectFile(path, path)) !== undefined
}

/** Looks at one file; undefined where there is none. */
export async function inspectFile(fullPath: string, directory: string): Promise<FoundFile | undefined> {
  try {
    const stats = await stat(fullPath)
    if (stats.isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EISDIR' })
    return {
      path: relative(directory, fullPath).split(sep).join('/'),
      fullPath,
      sizeBytes: stats.size,
      modifiedMs: Math.floor(stats.mtimeMs),
      inode: inodeName(stats),
    }
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw unreadable(fullPath, error)
  }
}

/** Number and birth time of an inode: numbers are reused as soon as a file is deleted. */
export function inodeName(stats: { readonly ino: number; readonly birthtimeMs: number }): string {
  return `${stats.ino.toString(36)}.${Math.floor(stats.birthtimeMs).toString(36)}`
}

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the repository. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')

/** The value of a JSON file. */
export function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}

/** Folders under `root` that hold a package.json, as paths relative to it: `packages/core`, `examples`, `bench`. */
export function workspaceFolders(root) {
  return [...packageFolders(root), 'examples', 'bench'].filter((folder) => existsSync(join(root, folder, 'package.json')))
}

/** The published packages under `root`: `packages/core`, … */
export function packageFolders(root) {
  return children(join(root, 'packages'))
    .map((name) => `packages/${name}`)
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
}

/** Files under `root/folder`, as paths relative to `root`, sorted; dependencies and output are left out. */
export function filesBelow(root, folder) {
  const found = []
  for (const entry of children(join(root, folder), true)) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) continue
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) found.push(...filesBelow(root, path))
    else found.push(path)
  }
  return found.sort((a, b) => (a < b ? -1 : 1))
}

function children(folder, withFileTypes = false) {
  return existsSync(folder) ? readdirSync(folder, { withFileTypes }) : []
}

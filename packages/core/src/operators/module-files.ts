import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

const RELATIVE_IMPORT = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g
const ENDINGS = ['', '.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.json', '/index.ts', '/index.js']

/**
 * sha256 over a module and the files it imports by relative paths, however deep, in a fixed order. Installed
 * packages are not looked into: a new version of one is not seen.
 */
export function hashModuleFiles(path: string): string {
  const texts = new Map<string, string>()
  collectFiles(path, texts)
  const hash = createHash('sha256')
  for (const text of texts.values()) hash.update(`${Buffer.byteLength(text)}\n`).update(text)
  return hash.digest('hex')
}

function collectFiles(path: string, texts: Map<string, string>): void {
  if (texts.has(path)) return
  const text = readFileSync(path, 'utf8')
  texts.set(path, text)
  for (const [, , specifier] of text.matchAll(RELATIVE_IMPORT)) {
    const imported = findFile(resolve(dirname(path), specifier))
    if (imported !== undefined) collectFiles(imported, texts)
  }
}

/** The file an import means: TypeScript names `./x.js` where it has `./x.ts`. */
function findFile(path: string): string | undefined {
  const written = path.replace(/\.([mc]?)js$/, '.$1ts')
  return [written, ...ENDINGS.map((ending) => path + ending)].find((candidate) => existsSync(candidate) && statSync(candidate).isFile())
}

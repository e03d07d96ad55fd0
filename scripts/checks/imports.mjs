import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const STATEMENT = /^[ \t]*(?:import|export)\b(?:[\w$\s{},*]*?\bfrom)?\s*['"]([^'"]+)['"]/gm
const CALL = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g

/** The modules that a source file imports, static and dynamic, types included: `{ specifier, line }`. */
export function importsOf(root, file) {
  const text = withoutComments(readFileSync(join(root, file), 'utf8'))
  const found = []
  for (const pattern of [STATEMENT, CALL]) {
    for (const match of text.matchAll(pattern)) {
      const end = match.index + match[0].length
      found.push({ specifier: match[1], line: text.slice(0, end).split('\n').length })
    }
  }
  return found
}

/** The package a specifier names: `@aws-sdk/client-s3`, `rxjs`; undefined for relative paths and Node's own modules. */
export function packageOf(specifier) {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]
}

/** Whether a file is only for tests, and so neither published nor held to the edges between packages. */
export function isTestFile(file) {
  return /\.(test|extended|testing)\.ts$/.test(file)
}

function withoutComments(text) {
  return text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' ')).replace(/(^|[^:'"`\\])\/\/.*$/gm, '$1')
}

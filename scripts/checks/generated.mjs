import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SCAN_MODULE } from '../compile-scanner.mjs'
import { generate } from '../generate.mjs'
import { filesBelow } from '../workspace.mjs'

export const name = 'generated files are fresh'

/** What generate.mjs writes, and nothing else does. */
const GENERATED = ['docs/pipeline.schema.json', 'docs/reference', SCAN_MODULE]

/** Generates everything anew beside the tree and compares. */
export async function check(root) {
  const fresh = mkdtempSync(join(tmpdir(), 'standpipe-generated-'))
  try {
    await generate(root, fresh)
    return { problems: differences(root, fresh) }
  } catch (error) {
    return { problems: [{ file: 'scripts/generate.mjs', rule: 'generate', message: error.message }] }
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

function differences(root, fresh) {
  const [committed, wanted] = [root, fresh].map((folder) => new Map(generatedFiles(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')])))
  const problems = []
  for (const [file, text] of wanted) {
    if (!committed.has(file)) problems.push({ file, rule: 'missing', message: 'is not there; run `node scripts/generate.mjs`' })
    else if (committed.get(file) !== text) problems.push({ file, rule: 'stale', message: 'differs from what is generated; run `node scripts/generate.mjs`' })
  }
  for (const file of committed.keys()) {
    if (!wanted.has(file)) problems.push({ file, rule: 'left-over', message: 'is no longer generated; run `node scripts/generate.mjs`' })
  }
  return problems
}

function generatedFiles(folder) {
  return GENERATED.flatMap((path) => (/\.\w+$/.test(path) ? (existsSync(join(folder, path)) ? [path] : []) : filesBelow(folder, path)))
}

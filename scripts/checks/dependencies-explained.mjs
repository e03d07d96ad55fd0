import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, workspaceFolders } from '../workspace.mjs'

export const name = 'dependencies are explained'

const DOCUMENT = 'ARCHITECTURE.md'
const HEADING = '## Why each dependency is there'

/** Compares the table of ARCHITECTURE.md with every package.json: no dependency without its reason, no reason without its dependency. */
export async function check(root) {
  const used = new Map()
  for (const folder of ['', ...workspaceFolders(root)]) {
    const file = join(folder, 'package.json')
    const { dependencies, devDependencies } = readJson(join(root, file))
    for (const [dependency, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      if (!version.startsWith('workspace:')) used.set(dependency, file)
    }
  }
  const explained = explainedDependencies(root)
  const problems = []
  for (const [dependency, file] of used) {
    if (!explained.has(dependency)) problems.push({ file, rule: 'unexplained', message: `\`${dependency}\` has no line under "${HEADING.slice(3)}" in ${DOCUMENT}` })
  }
  for (const [dependency, line] of explained) {
    if (!used.has(dependency)) problems.push({ file: DOCUMENT, line, rule: 'stale', message: `\`${dependency}\` is explained, and no package.json has it` })
  }
  return { problems }
}

/** By dependency, the line of its row: the names in backticks of the first column. */
function explainedDependencies(root) {
  const path = join(root, DOCUMENT)
  const found = new Map()
  let inside = false
  for (const [index, line] of (existsSync(path) ? readFileSync(path, 'utf8') : '').split('\n').entries()) {
    if (line.startsWith('## ')) inside = line === HEADING
    if (!inside || !line.startsWith('|')) continue
    for (const [, dependency] of line.split('|')[1].matchAll(/`([^`]+)`/g)) found.set(dependency, index + 1)
  }
  return found
}

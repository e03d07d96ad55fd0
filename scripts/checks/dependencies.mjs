import { existsSync } from 'node:fs'
import { basename, dirname, join, posix } from 'node:path'
import { filesBelow, packageFolders, readJson } from '../workspace.mjs'
import { importsOf, isTestFile, packageOf } from './imports.mjs'

/** Which workspace packages a package may import; see ARCHITECTURE.md, "The picture". */
const EDGES = {
  standpipe: ['@standpipe/sources', '@standpipe/sinks', '@standpipe/formats', '@standpipe/aws', '@standpipe/core'],
  '@standpipe/sources': ['@standpipe/aws', '@standpipe/formats', '@standpipe/core'],
  '@standpipe/sinks': ['@standpipe/aws', '@standpipe/formats', '@standpipe/core'],
  '@standpipe/aws': ['@standpipe/core'],
  '@standpipe/formats': ['@standpipe/core/model', '@standpipe/core/component'],
  '@standpipe/testkit': ['@standpipe/core', '@standpipe/formats'],
  '@standpipe/core': [],
}

/** Which folders of core/src a folder may import. Files that lie in core/src itself put the parts together. */
const CORE_LAYERS = {
  model: [],
  component: ['model'],
  expression: ['component', 'model'],
  operators: ['expression', 'component', 'model'],
  config: ['expression', 'component', 'model'],
  engine: ['config', 'operators', 'expression', 'component', 'model'],
}

/** Names that say nothing about what is in the file. */
const EMPTY_NAMES = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'types', 'type', 'manager', 'handler', 'processor', 'data', 'info'])

export const name = 'dependency rules'

/** Holds the edges between packages and inside core, the ways in, the manifests and the file names. */
export async function check(root) {
  const packages = packageFolders(root).map((folder) => ({ folder, manifest: readJson(join(root, folder, 'package.json')) }))
  const problems = packages.flatMap((own) => {
    const files = filesBelow(root, `${own.folder}/src`)
    return files.flatMap((file) => [...fileNameProblems(file), ...(file.endsWith('.ts') ? importProblems(root, own, packages, file) : [])])
  })
  return { problems }
}

function fileNameProblems(file) {
  const foldersInSource = dirname(file).split('/').slice(3)
  const empty = [...foldersInSource, basename(file).split('.')[0]].find((word) => EMPTY_NAMES.has(word))
  return empty ? [{ file, rule: 'file-name', message: `\`${empty}\` says nothing about the content; name the idea` }] : []
}

function importProblems(root, own, packages, file) {
  const problems = []
  for (const { specifier, line } of importsOf(root, file)) {
    const found = specifier.startsWith('.')
      ? relativeProblem(own, file, specifier)
      : (edgeProblem(own, packages, file, specifier) ?? undeclaredProblem(root, own, file, specifier))
    if (found) problems.push({ file, line, ...found })
  }
  return problems
}

function relativeProblem(own, file, specifier) {
  const source = `${own.folder}/src`
  const target = posix.join(posix.dirname(file), specifier)
  if (!target.startsWith(`${source}/`)) {
    return { rule: 'deep-import', message: `\`${specifier}\` leaves the package; import the other package by its name` }
  }
  if (own.manifest.name !== '@standpipe/core' || isTestFile(file)) return undefined
  const [from, to] = [file, target].map((path) => layerOf(source, path))
  if (from === undefined || to === undefined || from === to || CORE_LAYERS[from]?.includes(to)) return undefined
  const allowed = CORE_LAYERS[from]
  if (!allowed) return { rule: 'layer', message: `core/src/${from} is not in the picture of ARCHITECTURE.md; add it there and to scripts/checks/dependencies.mjs` }
  return { rule: 'layer', message: `core/src/${from} may import ${allowed.length > 0 ? allowed.join(', ') : 'nothing of core'}, not ${to}` }
}

/** The folder of core/src a path lies in; undefined for files in core/src itself. */
function layerOf(source, path) {
  const inside = path.slice(source.length + 1).split('/')
  return inside.length > 1 ? inside[0] : undefined
}

function edgeProblem(own, packages, file, specifier) {
  const target = packages.find(({ manifest }) => manifest.name === packageOf(specifier))
  if (!target) return undefined
  const ways = Object.keys(target.manifest.exports ?? {}).map((way) => posix.join(target.manifest.name, way))
  if (!ways.includes(specifier)) return { rule: 'deep-import', message: `\`${specifier}\` is not exported; import one of ${ways.join(', ')}` }
  const allowed = [...(EDGES[own.manifest.name] ?? []), ...(isTestFile(file) ? ['@standpipe/testkit'] : [])]
  if (allowed.includes(specifier) || allowed.includes(target.manifest.name)) return undefined
  return { rule: 'edge', message: `${own.manifest.name} may import ${allowed.length > 0 ? allowed.join(', ') : 'no other package'}, not \`${specifier}\`` }
}

function undeclaredProblem(root, own, file, specifier) {
  const wanted = packageOf(specifier)
  if (wanted === undefined) return undefined
  const { dependencies, peerDependencies, devDependencies } = own.manifest
  const declared = { ...dependencies, ...peerDependencies, ...(isTestFile(file) ? { ...devDependencies, ...rootDevDependencies(root) } : {}) }
  if (wanted in declared) return undefined
  return { rule: 'undeclared', message: `\`${wanted}\` is not in the dependencies of ${own.folder}/package.json` }
}

function rootDevDependencies(root) {
  const manifest = join(root, 'package.json')
  return existsSync(manifest) ? readJson(manifest).devDependencies : {}
}

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { filesBelow, packageFolders, readJson } from '../workspace.mjs'
import { importsOf, packageOf } from './imports.mjs'

export const name = 'packages can be published'

const UNPUBLISHED = ['test', 'extended', 'testing']

/** Holds each package.json to what npm and TypeScript users need. Wants the packages compiled. */
export async function check(root) {
  const packages = packageFolders(root).map((folder) => ({ folder, manifest: readJson(join(root, folder, 'package.json')) }))
  return { problems: packages.flatMap((own) => [...manifestProblems(root, own), ...targetProblems(root, own), ...referenceProblems(root, own, packages)]) }
}

function manifestProblems(root, { folder, manifest }) {
  const problem = (rule, message) => ({ file: `${folder}/package.json`, rule, message })
  const problems = []
  for (const field of ['name', 'version', 'description', 'license', 'engines', 'exports', 'files']) {
    if (manifest[field] === undefined) problems.push(problem('manifest', `\`${field}\` is missing`))
  }
  if (manifest.type !== 'module') problems.push(problem('manifest', '`type` is not `module`'))
  if (manifest.private) problems.push(problem('manifest', 'is private, and so cannot be published'))
  const files = manifest.files ?? []
  for (const kind of UNPUBLISHED) {
    const has = filesBelow(root, `${folder}/src`).some((file) => file.endsWith(`.${kind}.ts`))
    if (has && !files.includes(`!dist/**/*.${kind}.*`)) problems.push(problem('files', `would publish its *.${kind}.ts; add \`!dist/**/*.${kind}.*\``))
  }
  if (!files.includes('!dist/**/*.map')) problems.push(problem('files', 'would publish maps to sources that are not published; add `!dist/**/*.map`'))
  if (!existsSync(join(root, folder, 'README.md'))) problems.push({ file: `${folder}/README.md`, rule: 'readme', message: 'is missing; a registry shows it' })
  for (const [wanted, version] of Object.entries(manifest.dependencies ?? {})) {
    if (!/^(workspace:\*|\d+\.\d+\.\d+[-\w.]*)$/.test(version)) problems.push(problem('pinned', `\`${wanted}\` is not pinned exactly: ${version}`))
  }
  return problems
}

function targetProblems(root, { folder, manifest }) {
  const problems = []
  const targets = [...Object.values(manifest.bin ?? {}).map((path) => ['bin', path])]
  for (const [way, conditions] of Object.entries(manifest.exports ?? {})) {
    if (typeof conditions === 'string') {
      targets.push([way, conditions])
      continue
    }
    if (Object.keys(conditions)[0] !== 'types') problems.push({ file: `${folder}/package.json`, rule: 'exports', message: `\`${way}\` must give \`types\` first` })
    targets.push(...Object.values(conditions).map((path) => [way, path]))
  }
  for (const [way, path] of targets) {
    if (!existsSync(join(root, folder, path))) problems.push({ file: `${folder}/package.json`, rule: 'exports', message: `\`${way}\` leads to ${path}, which the build does not make` })
  }
  return problems
}

/** A workspace package that is imported must be compiled before: without the reference a fresh clone does not build. */
function referenceProblems(root, own, packages) {
  const path = join(root, own.folder, 'tsconfig.json')
  if (!existsSync(path)) return [{ file: `${own.folder}/tsconfig.json`, rule: 'reference', message: 'is missing' }]
  const references = new Set((readJson(path).references ?? []).map((reference) => `packages/${reference.path.replace('../', '')}`))
  const imported = new Set(filesBelow(root, `${own.folder}/src`).filter((file) => file.endsWith('.ts')).flatMap((file) => importsOf(root, file).map(({ specifier }) => packageOf(specifier))))
  return packages
    .filter(({ folder, manifest }) => folder !== own.folder && imported.has(manifest.name) && !references.has(folder))
    .map(({ folder, manifest }) => ({ file: `${own.folder}/tsconfig.json`, rule: 'reference', message: `imports ${manifest.name} without a reference to ../${folder.split('/')[1]}` }))
}

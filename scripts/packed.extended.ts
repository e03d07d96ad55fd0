import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runQuietly } from './child.mjs'
import { pack } from './pack.mjs'
import { readJson, ROOT } from './workspace.mjs'

const ALLOWED = /^package\/(package\.json|README\.md|LICENSE|dist\/.+\.js|dist\/.+\.d\.ts)$/
const ENTRIES = ['standpipe', '@standpipe/core', '@standpipe/core/model', '@standpipe/core/component', '@standpipe/formats', '@standpipe/sources', '@standpipe/sinks', '@standpipe/aws', '@standpipe/testkit']

/** An empty project outside of the workspace, which has the packages as npm would install them. Needs the npm registry. */
let project: string
let archives: readonly string[]
beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'standpipe-packed-'))
  archives = await pack(join(project, 'archives'))
  const { devDependencies } = readJson(join(ROOT, 'package.json')) as { devDependencies: Record<string, string> }
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true, type: 'module' }))
  const tools = ['typescript', '@types/node'].map((name) => `${name}@${devDependencies[name]}`)
  await succeed('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...archives, ...tools])
  cpSync(join(ROOT, 'examples/files'), join(project, 'examples/files'), { recursive: true })
}, 600_000)
afterAll(() => rmSync(project, { recursive: true }))

async function succeed(command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runQuietly(command, args, { cwd: project, env: { ...process.env, INIT_CWD: project } })
  expect({ code, printed: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, printed: '' })
  return stdout
}

it('holds what is compiled, its types, the licence and a README, and nothing else', async () => {
  for (const archive of archives) {
    const names = (await succeed('tar', ['tzf', archive])).trim().split('\n')
    expect(names.filter((name) => !ALLOWED.test(name) || /\.(test|testing|extended|fixture)\./.test(name))).toEqual([])
    for (const name of ['package/README.md', 'package/LICENSE', 'package/dist/index.d.ts']) expect(names).toContain(name)
    expect(await succeed('tar', ['xzOf', archive, 'package/package.json'])).not.toContain('workspace:')
  }
})

it('resolves every entry under Node, and under the compiler as `nodenext` has it', async () => {
  const script = `for (const name of ${JSON.stringify(ENTRIES)}) if (Object.keys(await import(name)).length === 0) throw new Error(name)`
  await succeed('node', ['--input-type=module', '-e', script])
  const imports = ENTRIES.map((name, i) => `import * as m${i} from '${name}'`)
  writeFileSync(join(project, 'all.ts'), `${imports.join('\n')}\nexport const all = [${ENTRIES.map((_, i) => `m${i}`).join(', ')}]\n`)
  const compiler = ['--module', 'nodenext', '--target', 'es2023', '--strict', '--skipLibCheck', 'false', '--types', 'node']
  await succeed('npx', ['tsc', ...compiler, '--noEmit', 'all.ts'])
}, 120_000)

it('runs the command, a pipeline, and the program of the README', async () => {
  expect(await succeed('npx', ['standpipe', '--help'])).toContain('Usage: standpipe COMMAND')
  await succeed('npx', ['standpipe', 'init', 'examples/files/readings.csv', '-o', 'pipeline.yaml'])
  expect(await succeed('npx', ['standpipe', 'run', 'pipeline.yaml'])).toContain('7 records in')
  expect(await succeed('npx', ['standpipe', 'verify', 'pipeline.yaml'])).toContain('nothing lost, nothing doubled')
  const [, program] = /^## From TypeScript$[\s\S]*?^```ts\n([\s\S]*?)^```$/m.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? []
  mkdirSync(join(project, 'programs'))
  writeFileSync(join(project, 'programs/hot.mjs'), program)
  expect(await succeed('node', ['programs/hot.mjs'])).toMatch(/\.parquet 2\n/)
}, 120_000)

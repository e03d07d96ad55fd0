import { beforeAll, describe, expect, it } from 'vitest'
import * as lint from './lint.mjs'
import { findings, plantTree, soundPackage } from './planted-tree.js'

/** A fault, the rule that reports it, and where it is planted (the engine, unless told). */
interface Fault {
  readonly rule: string
  readonly source: string
  readonly folder?: string
  readonly ending?: string
  readonly line?: number
}

const FAULTS: readonly Fault[] = [
  { rule: 'typescript(no-floating-promises)', source: 'const later = async (): Promise<void> => {}\nlater()\n', line: 2 },
  { rule: 'typescript(no-misused-promises)', source: '[1].forEach(async () => { await Promise.resolve() })\n' },
  { rule: 'typescript(await-thenable)', source: 'export const one = async (): Promise<number> => await 1\n' },
  { rule: 'typescript(only-throw-error)', source: "export function fail(): void {\n  throw 'text'\n}\n", line: 2 },
  { rule: 'typescript(no-explicit-any)', source: 'export const anything: any = 1\n' },
  { rule: 'import(no-default-export)', source: 'export default 1\n' },
  { rule: 'eslint(no-console)', source: "console.log('hello')\n" },
  { rule: 'eslint(no-empty)', source: 'try { JSON.parse("") } catch {}\n' },
  { rule: 'eslint(no-unused-vars)', source: 'const nobody = 1\n' },
  { rule: 'standpipe(clock)', source: 'export const now = Date.now()\n' },
  { rule: 'standpipe(clock)', source: 'export const now = new Date()\n' },
  { rule: 'standpipe(clock)', source: 'export const now = Date()\n' },
  { rule: 'standpipe(clock)', source: 'export const now = performance.now()\n' },
  { rule: 'standpipe(clock)', source: 'setTimeout(() => undefined, 1)\n' },
  { rule: 'standpipe(clock)', source: 'globalThis.setInterval(() => undefined, 1)\n' },
  { rule: 'standpipe(clock)', source: "import { setTimeout } from 'node:timers/promises'\nawait setTimeout(1)\n" },
  { rule: 'standpipe(clock)', source: 'setTimeout(() => undefined, 1)\n', ending: '.test.ts' },
  { rule: 'standpipe(no-process)', source: 'export const home = process.env.HOME\n' },
  { rule: 'standpipe(no-process)', source: "import { env } from 'node:process'\nexport const home = env.HOME\n" },
  { rule: 'eslint(no-restricted-imports)', source: "import { of } from 'rxjs'\nexport const one = of(1)\n", folder: 'packages/sources/src' },
  { rule: 'eslint(no-restricted-imports)', source: "import { map } from 'rxjs/operators'\nexport const one = map\n", folder: 'packages/sinks/src' },
]

const SOUND: Readonly<Record<string, string>> = {
  'packages/core/src/model/clock.ts': 'export const now = (): number => Date.now()\nsetTimeout(() => undefined, 1)\n',
  'packages/core/src/model/format.ts': 'export const format = (ms: number): string => new Date(ms).toISOString()\nexport const yields = (): void => void setImmediate(() => undefined)\n',
  'packages/core/src/engine/wait.ts': 'export function wait(setTimeout: (ms: number) => void, process: { env: string }): string {\n  setTimeout(1)\n  return process.env\n}\n',
  'packages/cli/src/main.ts': 'console.log(process.argv)\n',
  'packages/testkit/src/emulators/slow.ts': 'setTimeout(() => undefined, 1)\n',
}

describe('lint', () => {
  // One tree and one run for all faults: starting the linter takes longer than linting.
  const fileOf = ({ folder = 'packages/core/src/engine', ending = '.ts' }: Fault, index: number): string => `${folder}/planted-${index}${ending}`
  let found: string[]

  beforeAll(async () => {
    const packages = ['core', 'sources', 'sinks'].map((name) => soundPackage(`@standpipe/${name}`, 'export {}\n'))
    const planted = FAULTS.map((fault, index) => [fileOf(fault, index), fault.source])
    found = await findings(lint, plantTree(Object.assign({}, ...packages, Object.fromEntries(planted)) as Record<string, string>))
  })

  it.each(FAULTS.map((fault, index) => ({ ...fault, file: fileOf(fault, index) })))('reports $rule in: $source', ({ rule, file, line = 1 }) => {
    expect(found).toContain(`${file}:${line} ${rule}`)
  })

  it('reports files that import each other', async () => {
    const root = plantTree({
      ...soundPackage('@standpipe/core', 'export {}\n'),
      'packages/core/src/hen.ts': "import { egg } from './egg.js'\nexport const hen = (): unknown => egg\n",
      'packages/core/src/egg.ts': "import { hen } from './hen.js'\nexport const egg = (): unknown => hen\n",
    })
    expect((await findings(lint, root)).sort()).toEqual(['packages/core/src/egg.ts:1 import(no-cycle)', 'packages/core/src/hen.ts:1 import(no-cycle)'])
  })

  it('lets the clock, the cli, emulators and names declared in the file be', async () => {
    const root = plantTree({ ...soundPackage('@standpipe/core', 'export {}\n'), ...soundPackage('@standpipe/testkit', 'export {}\n'), ...soundPackage('standpipe', 'export {}\n'), ...SOUND })
    expect(await findings(lint, root)).toEqual([])
  })
})

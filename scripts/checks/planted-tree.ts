import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach } from 'vitest'
import { ROOT } from '../workspace.mjs'

/** What a check gives. */
interface Checked {
  readonly problems: readonly { readonly file: string; readonly line?: number; readonly rule: string; readonly message: string }[]
  readonly notes?: readonly string[]
}

/** A check of the repository, as scripts/check.mjs runs it. */
export interface RepositoryCheck {
  check(root: string): Promise<Checked>
}

const planted: string[] = []

afterEach(() => {
  for (const root of planted.splice(0)) rmSync(root, { recursive: true, force: true })
})

/** A small repository of these files, with the configuration and the dependencies of this one. Removed after the test. */
export function plantTree(files: Readonly<Record<string, string | object>>): string {
  const root = mkdtempSync(join(tmpdir(), 'standpipe-planted-'))
  planted.push(root)
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  for (const path of ['.oxlintrc.json', 'knip.json', 'tsconfig.base.json', 'scripts/lint/standpipe.mjs']) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    cpSync(join(ROOT, path), join(root, path))
  }
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content, null, 2))
  }
  return root
}

/** `file:line rule` of each problem the check finds. */
export async function findings(check: RepositoryCheck, root: string): Promise<string[]> {
  const { problems } = await check.check(root)
  return problems.map(({ file, line, rule }) => `${file}${line === undefined ? '' : `:${line}`} ${rule}`)
}

/** The files of a package that all checks are content with. */
export function soundPackage(name: string, source: string, more: object = {}): Record<string, string | object> {
  const folder = `packages/${name === 'standpipe' ? 'cli' : name.split('/')[1]}`
  return {
    [`${folder}/package.json`]: {
      name,
      version: '0.1.0',
      description: 'Planted.',
      license: 'Apache-2.0',
      type: 'module',
      engines: { node: '>=20.19' },
      exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
      files: ['dist', '!dist/**/*.map', '!dist/**/*.test.*'],
      ...more,
    },
    [`${folder}/tsconfig.json`]: {
      extends: '../../tsconfig.base.json',
      compilerOptions: { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/.tsbuildinfo' },
      include: ['src'],
      references: [],
    },
    [`${folder}/README.md`]: `# ${name}\n`,
    [`${folder}/src/index.ts`]: source,
  }
}

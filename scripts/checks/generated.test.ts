import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { SCAN_MODULE } from '../compile-scanner.mjs'
import { generate } from '../generate.mjs'
import * as generated from './generated.mjs'
import { findings, plantTree } from './planted-tree.js'

const GENERATOR = 'packages/cli/dist/reference/write-reference.js'

const SOURCES = {
  'package.json': { type: 'module' },
  [GENERATOR]: `import { mkdirSync, writeFileSync } from 'node:fs'
export async function writeReference(folder) {
  mkdirSync(folder + '/reference')
  writeFileSync(folder + '/reference/sinks.md', '# Sinks\\n')
  writeFileSync(folder + '/pipeline.schema.json', '{}')
}
`,
}

let root: string

beforeEach(async () => {
  root = plantTree(SOURCES)
  await generate(root, root)
})

it('is content with what was just generated', async () => {
  expect(await findings(generated, root)).toEqual([])
})

it.each([
  { edited: 'docs/pipeline.schema.json', text: '{ "mine": true }\n', found: 'docs/pipeline.schema.json stale' },
  { edited: 'docs/reference/sinks.md', text: '# Sinks by hand\n', found: 'docs/reference/sinks.md stale' },
  { edited: 'docs/reference/sources.md', text: '# Removed long ago\n', found: 'docs/reference/sources.md left-over' },
])('reports $found', async ({ edited, text, found }) => {
  writeFileSync(join(root, edited), text)
  expect(await findings(generated, root)).toEqual([found])
})

it('reports what was never committed', async () => {
  expect(await findings(generated, plantTree(SOURCES))).toEqual(['docs/pipeline.schema.json missing', 'docs/reference/sinks.md missing'])
})

it('reports a scanner that was not compiled again', { timeout: 120_000 }, async () => {
  const tree = plantTree({
    ...SOURCES,
    'packages/formats/assembly/index.ts': 'export function double(n: i32): i32 { return n * 2 }\n',
    [SCAN_MODULE]: "export const SCAN_MODULE = 'of long ago'\n",
  })
  expect(await findings(generated, tree)).toContain(`${SCAN_MODULE} stale`)
})

it('reports a generator that fails, and one that is not there', async () => {
  const failing = plantTree({ ...SOURCES, [GENERATOR]: "export function writeReference() {\n  throw new Error('no')\n}\n" })
  expect(await findings(generated, failing)).toEqual(['scripts/generate.mjs generate'])
  expect(await findings(generated, plantTree({}))).toEqual(['scripts/generate.mjs generate'])
})

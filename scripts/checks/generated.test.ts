import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { generate } from '../generate.mjs'
import * as generated from './generated.mjs'
import { findings, plantTree } from './planted-tree.js'

const SOURCES = {
  'package.json': { type: 'module' },
  'packages/cli/dist/main.js': "process.stdout.write(process.argv[2] === 'config-schema' ? '{}\\n' : '')\n",
  'packages/cli/dist/reference.js':
    "import { writeFileSync } from 'node:fs'\nexport async function writeReference(folder) {\n  writeFileSync(folder + '/sinks.md', '# Sinks\\n')\n}\n",
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
  const { 'package.json': manifest, ...cli } = SOURCES
  expect(await findings(generated, plantTree({ 'package.json': manifest, ...cli }))).toEqual(['docs/pipeline.schema.json missing', 'docs/reference/sinks.md missing'])
})

it('reports a generator that fails', async () => {
  writeFileSync(join(root, 'packages/cli/dist/main.js'), 'process.exit(3)\n')
  expect(await findings(generated, root)).toEqual(['scripts/generate.mjs generate'])
})

import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { commandLine, publishedLines, testFolder } from './command-line.testing.js'

const RECORDS = 100
const PIPELINE = `name: blocked
source: { file: { path: input.jsonl } }
schema: { id: { type: int64, required: true } }
sink: { directory: { path: lake/out, format: jsonl } }
`
const input = Array.from({ length: RECORDS }, (_, id) => `${JSON.stringify({ id })}\n`).join('')

// As root no permission forbids anything, so a file stands in the way.
it.each([
  ['a sink', 'lake', /a file stands where a folder should be/],
  ['the state', '.standpipe', /the state directory .* cannot be made/],
  ['the ledger', '.standpipe/blocked/ledger', /a file stands where the folder of the ledger should be/],
])('stops with a clear error where the folder of %s cannot be made, and delivers once it can', async (_title, name, says) => {
  const directory = await testFolder({ 'pipeline.yaml': PIPELINE, 'input.jsonl': input })
  await mkdir(join(directory, dirname(name)), { recursive: true })
  await writeFile(join(directory, name), 'in the way')
  const blocked = await commandLine(['run', 'pipeline.yaml', '--log', 'text'], { directory })
  expect(blocked.code).toBe(1)
  expect(blocked.err).toMatch(says)
  await rename(join(directory, name), join(directory, 'elsewhere'))
  const { code, err } = await commandLine(['run', 'pipeline.yaml', '--log', 'text'], { directory })
  expect(code, err).toBe(0)
  expect((await publishedLines(join(directory, 'lake', 'out'))).map(({ id }) => id)).toEqual(Array.from({ length: RECORDS }, (_, id) => id))
})

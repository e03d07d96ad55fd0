import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, test, vi } from 'vitest'
import { query } from '../run-file.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('the program in the README runs as it is written', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const [, program] = /^## From TypeScript$[\s\S]*?^```ts\n([\s\S]*?)^```$/m.exec(readme) ?? []
  expect(program).toContain('process.cwd()')
  // Below the repository, where `standpipe` can be resolved.
  await mkdir(join(root, 'out'), { recursive: true })
  const folder = await mkdtemp(join(root, 'out/readme-'))
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  const cwd = vi.spyOn(process, 'cwd').mockReturnValue(folder)
  try {
    await cp(join(root, 'examples/files'), join(folder, 'examples/files'), { recursive: true })
    await writeFile(join(folder, 'program.mjs'), program)
    await import(/* @vite-ignore */ pathToFileURL(join(folder, 'program.mjs')).href)
    expect(log.mock.calls.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))).toEqual([
      [expect.stringMatching(/^format-conversion-failed\/.*\.jsonl$/), 1],
      [expect.stringMatching(/\.parquet$/), 2],
    ])
    cwd.mockRestore()
    expect(await query(`SELECT * FROM read_parquet('${folder}/out/hot/*.parquet') ORDER BY temperature`)).toEqual([{ device_id: 'press-07', temperature: 94.2 }, { device_id: 'press-07', temperature: 95 }])
  } finally {
    vi.restoreAllMocks()
    await rm(folder, { recursive: true })
  }
})

test('the pipeline in the README is the one in examples', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const [, pipeline] = /^```yaml\n# examples\/telemetry\.yaml[^\n]*\n([\s\S]*?)^```$/m.exec(readme) ?? []
  expect(pipeline).toBe(await readFile(join(root, 'examples/telemetry.yaml'), 'utf8'))
})

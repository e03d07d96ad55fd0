import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
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
    await mkdir(join(folder, 'data'))
    await writeFile(join(folder, 'data/a.jsonl'), '{"device_id":"a","temperature":95.5}\n{"device_id":"b","temperature":20}\n')
    await writeFile(join(folder, 'program.mjs'), program)
    await import(/* @vite-ignore */ pathToFileURL(join(folder, 'program.mjs')).href)
    expect(log.mock.calls).toEqual([[expect.stringMatching(/\.parquet$/), 1]])
    cwd.mockRestore()
    expect(await query(`SELECT * FROM read_parquet('${folder}/out/hot/*.parquet')`)).toEqual([{ device_id: 'a', temperature: 95.5 }])
  } finally {
    vi.restoreAllMocks()
    await rm(folder, { recursive: true })
  }
})

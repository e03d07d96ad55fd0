// npm run pack [-- FOLDER]: every package as npm would publish it, in out/packages or the folder.
import { mkdirSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runQuietly } from './child.mjs'
import { setUp } from './setup.mjs'
import { readJson, ROOT } from './workspace.mjs'

/** Packs the compiled packages into a folder; resolves to the paths of the archives. */
export async function pack(folder) {
  mkdirSync(folder, { recursive: true })
  const pnpm = readJson(join(ROOT, 'package.json')).packageManager
  const args = ['--yes', pnpm, '-r', '--filter', './packages/*', 'pack', '--pack-destination', folder]
  const { code, stdout, stderr } = await runQuietly('npx', args, { cwd: ROOT })
  if (code !== 0) throw new Error(`the packages could not be packed:\n${stdout}${stderr}`)
  return readdirSync(folder).filter((name) => name.endsWith('.tgz')).map((name) => join(folder, name))
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await setUp()
  const folder = resolve(process.env.INIT_CWD ?? process.cwd(), process.argv[2] ?? join(ROOT, 'out', 'packages'))
  for (const archive of await pack(folder)) process.stdout.write(`${archive}\n`)
}

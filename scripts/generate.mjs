// node scripts/generate.mjs: writes docs/reference/*.md and docs/pipeline.schema.json from the components' definitions.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runQuietly } from './child.mjs'
import { setUp } from './setup.mjs'
import { ROOT } from './workspace.mjs'

/** Generates, with the compiled cli of `root`, everything that is derived from definitions, below `target`. */
export async function generate(root, target) {
  const cli = join(root, 'packages', 'cli', 'dist')
  mkdirSync(join(target, 'docs'), { recursive: true })

  const { code, stdout, stderr } = await runQuietly(process.execPath, [join(cli, 'main.js'), 'config-schema'], { cwd: root })
  if (code !== 0) throw new Error(`\`standpipe config-schema\` ended with ${code}: ${stderr.trim()}`)
  writeFileSync(join(target, 'docs', 'pipeline.schema.json'), stdout)

  const reference = join(cli, 'reference.js')
  if (!existsSync(reference)) throw new Error('packages/cli/src/reference.ts is not compiled')
  const { writeReference } = await import(pathToFileURL(reference).href)
  const folder = join(target, 'docs', 'reference')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  await writeReference(folder)
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await setUp()
  await generate(ROOT, ROOT)
}

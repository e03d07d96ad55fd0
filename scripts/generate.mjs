// node scripts/generate.mjs: writes docs/reference/*.md and docs/pipeline.schema.json from the components' definitions.
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setUp } from './setup.mjs'
import { ROOT } from './workspace.mjs'

/** Writes, with the compiled cli of `root`, everything that is derived from definitions to `target/docs`. */
export async function generate(root, target) {
  const module = 'packages/cli/dist/reference/write-reference.js'
  const path = join(root, module)
  if (!existsSync(path)) throw new Error(`${module} is not compiled`)
  const { writeReference } = await import(pathToFileURL(path).href)
  const docs = join(target, 'docs')
  rmSync(join(docs, 'reference'), { recursive: true, force: true })
  mkdirSync(docs, { recursive: true })
  await writeReference(docs)
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await setUp()
  await generate(ROOT, ROOT)
}

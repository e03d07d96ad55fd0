// node scripts/generate.mjs: compiles the JSON scanner to WebAssembly, and writes docs/reference/*.md and docs/pipeline.schema.json
// from the components' definitions.
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compileScanner } from './compile-scanner.mjs'
import { install, setUp } from './setup.mjs'
import { ROOT } from './workspace.mjs'

/** Writes everything that is derived to `target`: the compiled scanner, and what the compiled cli of `root` says of its components. */
export async function generate(root, target) {
  await compileScanner(root, target)
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
  await install()
  await compileScanner(ROOT, ROOT)
  await setUp()
  await generate(ROOT, ROOT)
}

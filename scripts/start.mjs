// npm start                     the simulated plant, from its pipelines to its three answers
// npm start -- FILE [flags]     any pipeline file
// npm start -- COMMAND …        any command of the cli
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { setUp } from './setup.mjs'
import { ROOT } from './workspace.mjs'

await setUp()

// Paths mean what they mean where the person stands, who may have called npm from a folder below.
process.chdir(process.env.INIT_CWD ?? process.cwd())
const args = process.argv.slice(2)
if (args.length === 0) {
  await become('examples/plant/main.mjs', [])
} else {
  const isFile = /[./\\]/.test(args[0]) && !args[0].startsWith('-')
  await become('packages/cli/dist/main.js', isFile ? ['run', ...args] : args)
}

/** Goes on as that program, in this process: signals, the terminal and the exit code are then its own. */
async function become(program, programArgs) {
  const path = join(ROOT, program)
  process.argv = [process.argv[0], path, ...programArgs]
  await import(pathToFileURL(path).href)
}

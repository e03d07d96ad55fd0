// npm run bench [-- --json FILE] [-- CASE …]: throughput and memory beside peers; see bench/main.mjs.
// npm run bench -- journal: what the http source accepts; see bench/journal.mjs.
import { join } from 'node:path'
import { runVisibly } from './child.mjs'
import { setUp } from './setup.mjs'
import { ROOT } from './workspace.mjs'

await setUp()
const [first, ...rest] = process.argv.slice(2)
const [file, args] = first === 'journal' ? ['journal.mjs', rest] : ['main.mjs', process.argv.slice(2)]
process.exitCode = await runVisibly(process.execPath, [join(ROOT, 'bench', file), ...args])

// npm run bench [-- --json FILE] [-- CASE …]: throughput and memory beside peers; see bench/main.mjs.
import { join } from 'node:path'
import { runVisibly } from './child.mjs'
import { setUp } from './setup.mjs'
import { ROOT } from './workspace.mjs'

await setUp()
process.exitCode = await runVisibly(process.execPath, [join(ROOT, 'bench', 'main.mjs'), ...process.argv.slice(2)])

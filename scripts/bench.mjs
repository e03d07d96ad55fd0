// npm run bench [-- --json FILE] [-- CASE …]: throughput and memory beside peers; see bench/main.mjs.
// npm run bench -- journal, -- kinesis, -- kinesis-latency, -- cost, -- verify: one of the benchmarks that are a file of their own in bench/.
import { join } from 'node:path'
import { runVisibly } from './child.mjs'
import { setUp } from './setup.mjs'
import { ROOT } from './workspace.mjs'

await setUp()
const [first, ...rest] = process.argv.slice(2)
const OWN = { journal: 'journal.mjs', kinesis: 'kinesis.mjs', 'kinesis-latency': 'kinesis-latency.mjs', cost: 'cost.mjs', verify: 'verify.mjs' }
const [file, args] = Object.hasOwn(OWN, first ?? '') ? [OWN[first], rest] : ['main.mjs', process.argv.slice(2)]
process.exitCode = await runVisibly(process.execPath, [join(ROOT, 'bench', file), ...args])

// npm run check [-- NAME …]: what the repository promises about itself. All checks run, and all failures are told.
import { pathToFileURL } from 'node:url'
import * as dependenciesExplained from './checks/dependencies-explained.mjs'
import * as dependencies from './checks/dependencies.mjs'
import * as generated from './checks/generated.mjs'
import * as lint from './checks/lint.mjs'
import * as publishable from './checks/publishable.mjs'
import * as sizes from './checks/sizes.mjs'
import * as types from './checks/types.mjs'
import * as unused from './checks/unused.mjs'
import { install } from './setup.mjs'
import { ROOT } from './workspace.mjs'

/** In the order in which they are told. The first compiles, which later ones build on. */
const CHECKS = [types, lint, dependencies, unused, generated, publishable, dependenciesExplained, sizes]

/** Runs the checks whose name holds one of `wanted` (all, for none); resolves to how many held, and the names of those that did not. */
export async function runChecks(root, wanted = []) {
  const totals = { passed: 0, failed: [] }
  for (const { name, check } of CHECKS) {
    if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue
    const started = performance.now()
    const { problems, notes = [] } = await check(root)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    process.stdout.write(`${problems.length === 0 ? '✓' : '✗'} ${name} (${seconds} s)\n`)
    for (const problem of problems) process.stdout.write(`    ${describeProblem(problem)}\n`)
    for (const note of notes) process.stdout.write(`    note: ${note}\n`)
    if (problems.length === 0) totals.passed += 1
    else totals.failed.push(name)
  }
  return totals
}

function describeProblem({ file, line, rule, message }) {
  return `${file}${line === undefined ? '' : `:${line}`} ${rule}: ${message}`
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await install()
  const { passed, failed } = await runChecks(ROOT, process.argv.slice(2))
  const failing = failed.length === 0 ? '' : `; not: ${failed.join(', ')}`
  process.stdout.write(`\n${passed} of ${passed + failed.length} checks hold${failing}\n`)
  process.exitCode = failed.length > 0 ? 1 : 0
}

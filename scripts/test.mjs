// npm test                      everything: the checks of the repository, then all tests
// npm test -- packages/core     only the tests whose path matches
// npm run test:all              also what needs more than Node and npm
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runChecks } from './check.mjs'
import { runVisibly } from './child.mjs'
import { RESULTS_VARIABLE } from './collect-results.mjs'
import { missingTools } from './optional-tools.mjs'
import { compile, install } from './setup.mjs'
import { describeResults, testResults } from './test-results.mjs'
import { readJson, ROOT } from './workspace.mjs'

const all = process.argv.includes('--all')
const args = process.argv.slice(2).filter((arg) => arg !== '--all')

await install()
if (all) await sayWhatIsMissing()

const before = args.length === 0 ? await runChecks(ROOT) : await compiledAlone()
const tests = await runTests(args)
const failed = [...before.failed.map((name) => `check: ${name}`), ...tests.failed]
process.stdout.write(`\n${describeResults({ passed: before.passed + tests.passed, failed, skipped: tests.skipped })}\n`)
process.exitCode = failed.length > 0 ? 1 : 0

async function compiledAlone() {
  const { code, output } = await compile()
  if (code !== 0) process.stderr.write(output)
  return { passed: 0, failed: code === 0 ? [] : ['types'] }
}

/** Runs vitest with its usual output; resolves to what its tests came to. */
async function runTests(filters) {
  const folder = mkdtempSync(join(tmpdir(), 'standpipe-tests-'))
  try {
    const left = join(folder, 'results.json')
    const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
    const options = ['run', '--reporter=default', `--reporter=${join(ROOT, 'scripts', 'collect-results.mjs')}`]
    const env = { ...process.env, [RESULTS_VARIABLE]: left, ...(all ? { STANDPIPE_TEST_ALL: '1' } : {}) }
    const code = await runVisibly(process.execPath, [vitest, ...options, ...filters], { cwd: ROOT, env })
    return testResults(existsSync(left) ? readJson(left) : undefined, code)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function sayWhatIsMissing() {
  const missing = await missingTools()
  if (missing.length === 0) {
    process.stdout.write('Everything that the extended tests can use is here; nothing is skipped.\n\n')
    return
  }
  process.stdout.write('Missing on this machine, and what is skipped without it:\n')
  for (const { tool, skipped, how } of missing) process.stdout.write(`  ${tool}: ${skipped} (to have it: ${how})\n`)
  process.stdout.write('\n')
}

// npm test                      everything: the checks of the repository, then all tests
// npm test -- packages/core     only the tests whose path matches
// npm run test:all              also what needs more than Node and npm
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runChecks } from './check.mjs'
import { runVisibly } from './child.mjs'
import { missingTools } from './optional-tools.mjs'
import { compile, install } from './setup.mjs'
import { testTotals } from './test-totals.mjs'
import { readJson, ROOT } from './workspace.mjs'

const all = process.argv.includes('--all')
const args = process.argv.slice(2).filter((arg) => arg !== '--all')

await install()
if (all) await sayWhatIsMissing()

const totals = { passed: 0, failed: 0, skipped: 0 }
if (args.length === 0) {
  add(await runChecks(ROOT))
} else {
  const { code, output } = await compile()
  if (code !== 0) process.stderr.write(output)
  add({ passed: 0, failed: code === 0 ? 0 : 1, skipped: 0 })
}
add(await runTests(args))

process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''}\n`)
process.exitCode = totals.failed > 0 ? 1 : 0

/** Runs vitest with its usual output; resolves to its totals. */
async function runTests(filters) {
  const folder = mkdtempSync(join(tmpdir(), 'standpipe-tests-'))
  try {
    const report = join(folder, 'report.json')
    const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
    const options = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const env = { ...process.env, ...(all ? { STANDPIPE_TEST_ALL: '1' } : {}) }
    const code = await runVisibly(process.execPath, [vitest, ...options, ...filters], { cwd: ROOT, env })
    return testTotals(readReport(report), code)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function readReport(path) {
  return existsSync(path) ? readJson(path) : undefined
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

function add({ passed, failed, skipped }) {
  totals.passed += passed
  totals.failed += failed
  totals.skipped += skipped
}

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { RESULTS_VARIABLE } from './collect-results.mjs'
import { describeResults, testResults } from './test-results.mjs'
import { ROOT } from './workspace.mjs'

const PLANTED = {
  'scripts/mixed.test.ts': `import { describe, expect, it } from 'vitest'
describe('sums', () => {
  it('adds', () => expect(1 + 1).toBe(2))
  it('fails', () => expect(1 + 1).toBe(3))
  it('leaves out', (test) => test.skip('no peer is here'))
})
describe.skipIf(true)('real data (the folder is not there)', () => {
  it('reads', () => undefined)
  it('counts', () => undefined)
})
`,
  'scripts/broken.test.ts': `import './nothing-there.js'\n`,
}

it('names what failed and why tests were skipped, as a real run leaves it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'standpipe-results-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'scripts'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  for (const [name, text] of Object.entries(PLANTED)) writeFileSync(join(folder, name), text)
  const left = join(folder, 'results.json')
  const options = ['run', '--root', folder, '--config', join(ROOT, 'vitest.config.ts'), `--reporter=${join(ROOT, 'scripts/collect-results.mjs')}`]
  const { status } = spawnSync(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...options], { env: { ...process.env, [RESULTS_VARIABLE]: left }, stdio: 'ignore' })
  const results = testResults(JSON.parse(readFileSync(left, 'utf8')), status)
  const named = results.failed.map((line) => line.replace(/^.*\//, ''))
  expect({ ...results, failed: [...named].sort((a, b) => (a < b ? -1 : 1)) }).toMatchObject({
    passed: 1,
    failed: ['broken.test.ts: did not load, or failed around its tests', 'mixed.test.ts > sums > fails'],
    skipped: [{ reason: 'no peer is here' }, { reason: 'the folder is not there' }, { reason: 'the folder is not there' }],
  })
})

it('never calls a run good that vitest does not', () => {
  expect(testResults({ passed: 3, failed: [], skipped: [] }, 1).failed).toEqual(['vitest ended with exit code 1, though every test passed'])
  expect(testResults(undefined, 0).failed).toHaveLength(1)
})

it('ends with the line that CI reads, after the names and the reasons', () => {
  const skipped = [{ file: 'a.test.ts', reason: 'no data' }, { file: 'b.test.ts', reason: 'no data' }, { file: 'b.test.ts', reason: 'root may write anywhere' }]
  expect(describeResults({ passed: 2, failed: ['check lint', 'a.test.ts > sums > fails'], skipped }).split('\n')).toEqual([
    'Failed',
    '  check lint',
    '  a.test.ts > sums > fails',
    '',
    'Skipped',
    '  2 × no data (a.test.ts and 1 more)',
    '  1 × root may write anywhere (b.test.ts)',
    '',
    '2 passed, 2 failed, 3 skipped',
  ])
  expect(describeResults({ passed: 2, failed: [], skipped: [] })).toBe('2 passed, 0 failed')
})

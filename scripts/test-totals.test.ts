import { expect, it } from 'vitest'
import { testTotals } from './test-totals.mjs'

const file = (status: string, ...tests: readonly string[]) => ({ status, assertionResults: tests.map((test) => ({ status: test })) })
const report = (numPassedTests: number, numFailedTests: number, ...testResults: readonly object[]) => ({ numPassedTests, numFailedTests, numPendingTests: 1, numTodoTests: 2, testResults })

it('adds up what passed, failed and was skipped', () => {
  expect(testTotals(report(3, 1, file('failed', 'passed', 'failed')), 1)).toEqual({ passed: 3, failed: 1, skipped: 3 })
  expect(testTotals(report(3, 0, file('passed', 'passed')), 0)).toEqual({ passed: 3, failed: 0, skipped: 3 })
})

it('counts a file that does not load as a failure', () => {
  expect(testTotals(report(3, 0, file('failed'), file('passed', 'passed')), 1)).toEqual({ passed: 3, failed: 1, skipped: 3 })
})

it('never calls a run good that vitest does not', () => {
  expect(testTotals(report(3, 0, file('passed', 'passed')), 1).failed).toBe(1)
  expect(testTotals(undefined, 0).failed).toBe(1)
})

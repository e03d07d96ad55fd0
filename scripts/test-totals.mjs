/**
 * What vitest's JSON report says, as `{ passed, failed, skipped }`. A file that does not load counts as a failure, as does
 * whatever else made vitest end with a non-zero `exitCode`: an error outside of tests, or no report at all.
 */
export function testTotals(report, exitCode) {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 }
  const notLoaded = report.testResults.filter(({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'))
  const failed = report.numFailedTests + notLoaded.length
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

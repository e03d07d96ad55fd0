/**
 * What a run of vitest came to, as `{ passed, failed, skipped }`: a number; for each failure a line that names file and test; and for each
 * reason why tests were skipped a line. `collected` is what ./collect-results.mjs left, undefined where it left nothing. Whatever else
 * made vitest end with a non-zero `exitCode` counts as a failure.
 */
export function testResults(collected, exitCode) {
  if (collected === undefined) return { passed: 0, failed: [`vitest ended with exit code ${exitCode}, and without results`], skipped: [] }
  const { passed, failed, skipped } = collected
  const unexplained = failed.length === 0 && exitCode !== 0 ? [`vitest ended with exit code ${exitCode}, though every test passed`] : []
  return { passed, failed: [...failed, ...unexplained], skipped: skipped.map(({ file, titles, note }) => ({ file, reason: note ?? reasonInTitles(titles) })) }
}

/** The last lines of a test run: failures by name, why tests were skipped, and the totals in a form that CI reads. */
export function describeResults({ passed, failed, skipped }) {
  const reasons = new Map()
  for (const { file, reason } of skipped) {
    const known = reasons.get(reason) ?? { count: 0, files: new Set() }
    reasons.set(reason, { count: known.count + 1, files: known.files.add(file) })
  }
  return [
    ...(failed.length === 0 ? [] : ['Failed', ...failed.map((line) => `  ${line}`), '']),
    ...(reasons.size === 0 ? [] : ['Skipped', ...[...reasons].map(([reason, { count, files }]) => `  ${count} × ${reason} (${describeFiles([...files])})`), '']),
    `${passed} passed, ${failed.length} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`,
  ].join('\n')
}

/** A test or group that is always left out somewhere says why in brackets: `the real data sets (not here)`. */
function reasonInTitles(titles) {
  for (const title of titles.toReversed()) {
    const [, reason] = /\(([^()]+)\)$/.exec(title) ?? []
    if (reason !== undefined) return reason
  }
  return 'without a reason'
}

function describeFiles([first, ...more]) {
  return more.length === 0 ? first : `${first} and ${more.length} more`
}

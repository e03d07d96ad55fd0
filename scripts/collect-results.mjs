import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { ROOT } from './workspace.mjs'

/** Where a run of vitest is to leave what its tests came to: the name of an environment variable that holds a path. */
export const RESULTS_VARIABLE = 'STANDPIPE_TEST_RESULTS'

/** A reporter of vitest that leaves the results of a run as JSON; see ./test-results.mjs for their shape. */
export default class CollectResults {
  onTestRunEnd(modules, errors) {
    writeFileSync(process.env[RESULTS_VARIABLE], JSON.stringify(resultsOf(modules, errors)))
  }
}

function resultsOf(modules, errors) {
  const results = { passed: 0, failed: errors.map(({ message }) => `outside of the tests: ${message}`), skipped: [] }
  for (const module of modules) {
    const file = relative(ROOT, module.moduleId)
    let failures = 0
    for (const test of module.children.allTests()) {
      const { state, note } = test.result()
      const titles = [...ancestorsOf(test), test.name]
      if (state === 'passed') results.passed += 1
      else if (state === 'failed') results.failed.push([file, ...titles].join(' > '))
      else results.skipped.push({ file, titles, note })
      if (state === 'failed') failures += 1
    }
    if (failures === 0 && module.state() === 'failed') results.failed.push(`${file}: did not load, or failed around its tests`)
  }
  return results
}

function ancestorsOf({ parent }) {
  return parent.type === 'module' ? [] : [...ancestorsOf(parent), parent.name]
}

import { join } from 'node:path'
import { runQuietly } from '../child.mjs'
import { ROOT } from '../workspace.mjs'

export const name = 'unused files, exports and dependencies'

/** Runs knip by the entries of knip.json. What only a test uses counts as used. */
export async function check(root) {
  const knip = join(ROOT, 'node_modules', 'knip', 'bin', 'knip.js')
  const { code, stdout, stderr } = await runQuietly(process.execPath, [knip, '--no-progress', '--reporter=json'], { cwd: root })
  let report
  try {
    report = JSON.parse(stdout)
  } catch (error) {
    return { problems: [{ file: 'knip.json', rule: 'knip', message: `${error.message}: ${stdout}${stderr}`.trim() }] }
  }
  const problems = report.issues.flatMap(({ file, ...kinds }) =>
    Object.entries(kinds).flatMap(([rule, found]) => (Array.isArray(found) ? found : []).flat().map(({ name: what, line }) => ({ file, line, rule, message: what }))),
  )
  if (code !== 0 && problems.length === 0) problems.push({ file: 'knip.json', rule: 'knip', message: stderr.trim() })
  return { problems }
}

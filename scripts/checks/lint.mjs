import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runQuietly } from '../child.mjs'
import { ROOT } from '../workspace.mjs'

export const name = 'lint'

/** Runs the linter with type information by the rules of .oxlintrc.json. */
export async function check(root) {
  const oxlint = join(ROOT, 'node_modules', 'oxlint', 'bin', 'oxlint')
  const folders = ['packages', 'scripts', 'examples', 'bench'].filter((folder) => existsSync(join(root, folder)))
  const { code, stdout, stderr } = await runQuietly(process.execPath, [oxlint, '--type-aware', '--format=json', '--report-unused-disable-directives', ...folders], { cwd: root })
  let report
  try {
    report = JSON.parse(stdout)
  } catch (error) {
    return { problems: [{ file: '.oxlintrc.json', rule: 'oxlint', message: `${error.message}: ${stdout}${stderr}`.trim() }] }
  }
  const problems = report.diagnostics.map(({ filename, labels, code: rule, message }) => ({ file: filename, line: labels?.[0]?.span?.line, rule, message }))
  if (code !== 0 && problems.length === 0) problems.push({ file: '.oxlintrc.json', rule: 'oxlint', message: stderr.trim() })
  return { problems }
}

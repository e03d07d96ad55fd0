import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesBelow, packageFolders } from '../workspace.mjs'

export const name = 'file sizes'

const LONG = 300

/** Notes the source files past 300 lines: the place to look for a second idea. Never a problem. */
export async function check(root) {
  const files = packageFolders(root).flatMap((folder) => filesBelow(root, `${folder}/src`)).filter((file) => file.endsWith('.ts'))
  const lengths = files.map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }))
  const notes = lengths.filter(({ lines }) => lines > LONG).map(({ file, lines }) => `${file}: ${lines} lines`)
  return { problems: [], notes }
}

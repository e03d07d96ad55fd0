import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runQuietly } from './child.mjs'
import { ROOT } from './workspace.mjs'

/** What the extended tests can use beyond Node and npm. */
const OPTIONAL_TOOLS = [
  {
    tool: 'python3 with pyarrow',
    skipped: 'reading our Parquet files back with pyarrow',
    how: 'python3 -m pip install pyarrow',
    isHere: () => succeeds('python3', ['-c', 'import pyarrow']),
  },
  {
    tool: 'ministack',
    skipped: 'S3 with conditional writes, abort, listing of uploads and lifecycle rules, and pipelines killed over it',
    how: 'python3 -m pip install ministack, and its folder on the PATH',
    isHere: () => succeeds('sh', ['-c', 'command -v ministack']),
  },
  {
    tool: 'the right to mount a tmpfs',
    skipped: 'pipelines on real disks that fill up or become read-only; the ordinary tests simulate them',
    how: 'run the tests as root, on Linux',
    isHere: () => succeeds('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']),
  },
  {
    tool: 'the shared data sets (../shared/data)',
    skipped: 'the real data sets and the JSON test suite, in the ordinary tests as well',
    how: 'put the folder beside the clone',
    isHere: () => existsSync(join(ROOT, '..', 'shared', 'data')),
  },
]

/** The optional tools that this machine does not have, and what the tests skip without them. */
export async function missingTools() {
  const present = await Promise.all(OPTIONAL_TOOLS.map(({ isHere }) => isHere()))
  return OPTIONAL_TOOLS.filter((_, index) => !present[index])
}

async function succeeds(command, args) {
  // A command that is not installed is what this asks about, not a failure.
  const { code } = await runQuietly(command, args).catch(() => ({ code: 1 }))
  return code === 0
}

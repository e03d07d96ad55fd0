import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runQuietly } from './child.mjs'
import { ROOT } from './workspace.mjs'

/** The module that holds the compiled scanner. */
export const SCAN_MODULE = 'packages/formats/src/json/scanner/scan-module.ts'

const ENTRY = 'packages/formats/assembly/index.ts'
const OPTIONS = ['-O3', '--runtime', 'stub', '--noAssert', '--use', 'abort=', '--enable', 'simd']
const LINE = 120

/** Compiles the JSON scanner of `root` (AssemblyScript) to WebAssembly, as a module of `target`; nothing where there is none. */
export async function compileScanner(root, target) {
  if (!existsSync(join(root, ENTRY))) return
  const folder = mkdtempSync(join(tmpdir(), 'standpipe-scanner-'))
  try {
    const file = join(folder, 'scanner.wasm')
    const compiler = join(ROOT, 'node_modules', 'assemblyscript', 'bin', 'asc.js')
    const { code, stdout, stderr } = await runQuietly(process.execPath, [compiler, ENTRY, '--outFile', file, ...OPTIONS], { cwd: root })
    if (code !== 0) throw new Error(`the scanner does not compile\n${stdout}${stderr}`)
    const path = join(target, SCAN_MODULE)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, moduleText(readFileSync(file)))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function moduleText(bytes) {
  const text = bytes.toString('base64')
  const lines = Array.from({ length: Math.ceil(text.length / LINE) }, (_, i) => `  '${text.slice(i * LINE, (i + 1) * LINE)}'`)
  return `/** The JSON scanner, compiled to WebAssembly, in base64. Written by \`node scripts/generate.mjs\` from packages/formats/assembly. */
export const SCAN_MODULE =
${lines.join(' +\n')}
`
}

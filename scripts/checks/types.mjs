import { compile } from '../setup.mjs'

export const name = 'types'

const ERROR = /^(.+?)\((\d+),\d+\): error (TS\d+): (.*)$/

/** Compiles everything, tests included, and gives the compiler's errors. */
export async function check(root) {
  const { code, output } = await compile(root)
  const problems = output.split('\n').flatMap((text) => {
    const [, file, line, rule, message] = ERROR.exec(text) ?? []
    return file ? [{ file, line: Number(line), rule, message }] : []
  })
  if (code !== 0 && problems.length === 0) problems.push({ file: 'tsconfig.json', rule: 'tsc', message: output.trim() })
  return { problems }
}

import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readJson, ROOT } from './workspace.mjs'

it('puts no shell between npm and a script: npm signals the shell alone, which would leave a pipeline running without its drain', () => {
  const { scripts } = readJson(join(ROOT, 'package.json')) as { scripts: Record<string, string> }
  expect(Object.entries(scripts).filter(([, command]) => !command.startsWith('exec node '))).toEqual([])
})

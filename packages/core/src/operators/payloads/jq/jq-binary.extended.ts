import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { JQ_CASES } from './jq-cases.testing.js'

// jq 1.6 is in the Python package `jq` 1.2.3: `pip install jq==1.2.3`.
const PROGRAM = `
import json, sys, jq
out = []
for program, value in json.load(sys.stdin):
    try: out.append(jq.compile(program).input(value).all())
    except Exception: out.append("error")
print(json.dumps(out))
`
const run = promisify(execFile)
const found = await run('python3', ['-c', 'import importlib.metadata as m; print(m.version("jq"))']).then(({ stdout }) => stdout.trim(), () => undefined)

it.skipIf(found !== '1.2.3')('agrees with jq 1.6 (needs python3 with the package jq 1.2.3)', async () => {
  const started = run('python3', ['-c', PROGRAM])
  started.child.stdin?.end(JSON.stringify(JQ_CASES.map(([program, input]) => [program, input])))
  const outputs = JSON.parse((await started).stdout) as unknown[]
  for (const [i, [program, , expected]] of JQ_CASES.entries()) expect([program, outputs[i]]).toEqual([program, expected])
})

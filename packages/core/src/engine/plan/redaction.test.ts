import { expect, test } from 'vitest'
import { fakeEnvironment, fakeRegistry } from './fake-components.test.fixture.js'
import { planPipelines } from './plan-pipelines.js'

test.each(['--', '-a', '.*', 'a]', '\\', '/', '(', 'x|y'])('the value %j of a variable is put back as it was written in a problem', async (value) => {
  const text = 'name: ${NAME}\nsource: { file: { path: in.jsonl } }\nsink: { directory: { path: out } }\n'
  const { problems } = await planPipelines({ path: 'p.yaml', text }, fakeRegistry(), fakeEnvironment({ NAME: value }))
  const [problem] = problems.filter(({ line, severity }) => line === 1 && severity === 'error')
  expect(problem.message).toContain('${NAME}')
})

import { planPipelines, runPipeline } from '@standpipe/core'
import { expect, it } from 'vitest'
import { publishedLines, testFolder } from './command-line.testing.js'
import { standardRegistry } from './registry.js'

const pipeline = (paths: string, more = ''): string => `name: formats
source: { http: { port: 0, paths: { /json: {}, ${paths} } } }
schema: { id: int64, name: string }
sink: { directory: { path: out, format: jsonl, roll: { size: 1MiB, age: 50ms } } }
${more}
`

async function plan(folder: string, text: string) {
  return planPipelines({ path: `${folder}/pipeline.yaml`, text }, standardRegistry(), { variables: {}, readFile: () => Promise.reject(new Error('no file')) })
}

it('decodes the records of each path by its format into one schema', async () => {
  const folder = await testFolder({})
  const { plans, problems } = await plan(folder, pipeline('/csv: { format: csv }, /tab: { format: { tsv: { header: false } } }, /raw: { format: raw }'))
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  let listening: (url: string) => void = () => undefined
  const url = new Promise<string>((resolve) => (listening = resolve))
  const quiet = (): void => undefined
  const info = (_: string, fields?: Readonly<Record<string, unknown>>): void => {
    if (typeof fields?.url === 'string') listening(fields.url)
  }
  const run = runPipeline(plans[0], { log: { error: quiet, warn: quiet, info, debug: quiet } })
  const post = async (path: string, type: string, body: string): Promise<void> => {
    const answer = await fetch((await url) + path, { method: 'POST', headers: { 'Content-Type': type }, body })
    expect([path, answer.status]).toEqual([path, 200])
  }
  await post('/json', 'application/json', '[{"id":1,"name":"a"},{"id":2,"name":"b"}]')
  await post('/csv', 'text/csv', 'name,id\nc,3')
  await post('/tab', 'text/tab-separated-values', '4\td')
  await post('/raw', 'text/plain', '{"id":5,"name":"e"}')
  run.drain()
  await run.done
  const rows = await publishedLines(`${folder}/out`)
  expect(rows.map(({ id, name }) => `${String(id)}${String(name)}`).sort()).toEqual(['1a', '2b', '3c', '4d', '5e'])
})

it('names the place of a format that cannot be read, and counts formats for the fingerprint', async () => {
  const wrong = await plan('/', pipeline('/csv: { format: { csv: { separator: ab } } }'))
  expect(wrong.problems.map(({ severity }) => severity)).toContain('error')
  const of = async (text: string): Promise<string | undefined> => (await plan('/', text)).plans[0]?.fingerprint
  const [json, csv, overruled] = [await of(pipeline('/b: {}')), await of(pipeline('/b: { format: csv }')), await of(pipeline('/b: { format: csv }', 'decode: { format: json }'))]
  expect(csv).not.toBe(json)
  expect(overruled).toBe(json)
})

import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandLine, listing, testFolder } from '../command-line.testing.js'

const SECRETS = { KEY_ID: 'AKIAVERYPRIVATE0000', SECRET: 'tops3cret/value+with=signs', TOKEN: 'bearer-t0ken-of-metrics', SALT: 'pepper-and-s4lt' }

/** Nothing listens on port 1: the run tries to open the bucket until it is told to stop. */
const PIPELINE = `name: lake
source: { file: { path: readings.csv, format: csv } }
schema: { device_id: string, line: string }
operators: [{ hash: { fields: [device_id], algorithm: hmac-sha256, key: "\${SALT}" } }]
sink:
  s3:
    bucket: lake
    region: eu-central-1
    endpoint: http://127.0.0.1:1
    credentials: { accessKeyId: "\${KEY_ID}", secretAccessKey: "\${SECRET}" }
retry: { initial: 10ms, maximum: 20ms }
observe: { port: 0, token: "\${TOKEN}" }
`

describe('values from the environment', () => {
  it.each([
    ['check', 0],
    ['explain', 0],
    ['explain --iam', 0],
    ['preview', 0],
    ['table', 0],
    ['run --log-level debug', 0],
    ['run --log text', 0],
  ])('are in no output of `%s`', async (line, expected) => {
    const directory = await testFolder({ 'lake.yaml': PIPELINE })
    let stop = (): void => undefined
    const stopAtRetry = (text: string): void => {
      if (text.includes('retrying')) stop()
    }
    const { code, out, err } = await commandLine([...line.split(' '), 'lake.yaml'], { directory, environment: SECRETS, onStop: (asked) => (stop = asked), onErr: stopAtRetry })
    expect(code).toBe(expected)
    expect(out + err).not.toBe('')
    expectNoSecret(out + err)
    await expectNoSecretBelow(directory)
  })

  it('are in nothing that a run writes: objects, dead letters, ledger', async () => {
    const local = `${PIPELINE.slice(0, PIPELINE.indexOf('sink:'))}sink: { directory: { path: out, format: jsonl } }\nobserve: { port: 0, token: "\${TOKEN}" }\n`
    const directory = await testFolder({ 'local.yaml': local })
    const { code, out, err } = await commandLine(['run', 'local.yaml', '--log-level', 'debug'], { directory, environment: SECRETS })
    expect(code).toBe(0)
    expect((await listing(directory)).filter((path) => /ledger\/|\.jsonl$/.test(path)).length).toBeGreaterThanOrEqual(2)
    expectNoSecret(out + err)
    await expectNoSecretBelow(directory)
  })

  it('are in nothing of a source that takes requests, whatever is sent to it', async () => {
    const text = `name: intake
source: { http: { port: 0, tokens: ["\${TOKEN}"] } }
schema: { id: int64 }
sink: { directory: { path: out, format: jsonl, roll: { size: 1MiB, age: 10ms } } }
`
    const directory = await testFolder({ 'intake.yaml': text })
    let stop = (): void => undefined
    let answers: string | undefined
    const send = async (said: string): Promise<void> => {
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0]
      if (url === undefined || answers !== undefined) return
      answers = ''
      for (const token of [SECRETS.TOKEN, `${SECRETS.TOKEN}x`]) {
        for (const body of ['{"id":1}', `{"id":"${SECRETS.SALT}"}`, SECRETS.SALT]) {
          const response = await fetch(url, { method: 'POST', body, headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` } })
          answers += `${response.status} ${await response.text()}`
        }
      }
      stop()
    }
    const { code, out, err } = await commandLine(['run', 'intake.yaml', '--quiet', '--log-level', 'debug'], { directory, environment: SECRETS, onStop: (asked) => (stop = asked), onErr: (said) => void send(said) })
    expect(code, err).toBe(0)
    expect(answers?.match(/\d{3} \{/g)).toEqual(['200 {', '200 {', '400 {', '401 {', '401 {', '401 {'])
    expectNoSecret(answers ?? '')
    expectNoSecret(out + err)
    // The payload of a dead letter is the record itself; it is in the journal and in the dead letter, and nowhere else.
    for (const path of await listing(directory)) {
      const file = join(directory, path)
      if (!(await stat(file)).isFile()) continue
      const content = await readFile(file, 'latin1')
      for (const secret of [SECRETS.TOKEN, ...(/journal-intake|dead-letters/.test(path) ? [] : [SECRETS.SALT])]) expect(content, path).not.toContain(secret)
    }
  })

  it('are in no problem either, where they stand in what is wrong', async () => {
    const directory = await testFolder({
      'wrong.yaml': PIPELINE.replace('bucket: lake', 'bucket: "${SECRET}"').replace('port: 0', 'port: "${TOKEN}"').replace('region: eu-central-1', 'regoin: "${KEY_ID}"').replace('device_id: string', 'device_id: "${SALT}"'),
    })
    const { code, err } = await commandLine(['check', 'wrong.yaml'], { directory, environment: SECRETS })
    expect(code).toBe(3)
    expect(err.match(/^wrong\.yaml:/gm)?.length).toBeGreaterThanOrEqual(3)
    expectNoSecret(err)
  })

  it('names a variable that is not set, and where', async () => {
    const directory = await testFolder({ 'lake.yaml': PIPELINE })
    const { SECRET: _, ...others } = SECRETS
    const { code, err } = await commandLine(['run', 'lake.yaml'], { directory, environment: others })
    expect(code).toBe(3)
    expect(err).toMatch(/lake\.yaml:10:\d+ .*SECRET/)
    expectNoSecret(err)
  })
})

async function expectNoSecretBelow(directory: string): Promise<void> {
  for (const path of await listing(directory)) {
    const file = join(directory, path)
    if ((await stat(file)).isFile()) expectNoSecret(await readFile(file, 'latin1'))
  }
}

function expectNoSecret(text: string): void {
  for (const secret of Object.values(SECRETS)) expect(text).not.toContain(secret)
}

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ContractLine } from '../contract.js'
import type { Plan } from '../plan.js'
import { describeBounds } from './bounds.js'
import { fakeEnvironment, fakeRegistry } from './fake-components.test.fixture.js'
import { definePipeline, planPipeline, planPipelines } from './plan-pipelines.js'

const FULL = `name: press
semantics: streams
source: { file: { path: in.jsonl } }
decode: { format: json, unknownFields: keep, into: extra, typeMismatch: null }
schema:
  id: { type: string, required: true }
  ts: timestamp
  value: { type: double, from: 'v°', default: 0 }
operators:
  - filter: id > 3
sinks:
  - name: lake
    directory: { path: out, prefix: 'dt=!{event:ts:yyyy-MM-dd}/', format: { parquet: { compression: zstd } } }
    operators: [ drop: { field: value } ]
    retry: { initial: 1s }
  - directory: { path: lines, format: jsonl, roll: { age: 10s } }
deadLetter: { directory: { path: dead } }
limits: { memory: 64MiB, record: 1MiB }
observe: { port: 9464, token: \${TOKEN} }
`

async function plan(text: string, variables: Record<string, string> = {}): Promise<Plan> {
  const { plans, problems } = await planPipelines(
    { path: 'conf/p.yaml', text },
    fakeRegistry(),
    fakeEnvironment({ TOKEN: 'letmein', ...variables }),
  )
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return plans[0]
}

function says(lines: readonly ContractLine[], about: ContractLine['about']): string {
  return lines
    .filter((line) => line.about === about)
    .map((line) => `${line.says} (${line.because})`)
    .join('; ')
}

describe('a plan', () => {
  test('holds what the file says, bound in order', async () => {
    const planned = await plan(FULL)
    expect(planned.schema.fields.map(({ name, type, nullable }) => `${name} ${type.kind} ${nullable}`)).toEqual([
      'id string false',
      'ts timestamp true',
      'value double true',
      'extra json true',
    ])
    expect(planned.sinks.map(({ name, schema }) => [name, schema.fields.length])).toEqual([
      ['lake', 3],
      ['directory', 4],
    ])
    expect(planned.limits).toEqual({
      memoryBytes: 64 * 1024 ** 2,
      batchBytes: 1024 ** 2,
      scratchBytes: 4 * 1024 ** 3,
      recordBytes: 1024 ** 2,
      checkpointMs: 5000,
      drainMs: 30_000,
      workers: expect.any(Number) as number,
    })
    expect(planned.stateDirectory).toBe('conf/.standpipe/press')
    expect(planned.observe).toEqual({ host: '127.0.0.1', port: 9464, token: 'letmein' })
    expect(planned.sinks.map(({ retry }) => retry.initialMs)).toEqual([1000, 200])
    expect(planned.delivery).toBe('exactly-once')
  })

  test('rolls as the preset says, where the user did not', async () => {
    const streams = await plan(FULL)
    expect(streams.sinks.map((sink) => (sink.kind === 'object' ? sink.roll : null))).toEqual([
      { sizeBytes: 128 * 1024 ** 2, ageMs: 300_000 },
      { sizeBytes: 128 * 1024 ** 2, ageMs: 10_000 },
    ])
    expect(streams.provenance.get('sinks[0].roll.size')).toBe('128MiB, semantics: streams')
    expect(streams.provenance.has('sinks[1].roll.age')).toBe(false)
    const firehose = await plan(FULL.replace('semantics: streams', 'semantics: firehose').replace(', record: 1MiB', ''))
    expect(firehose.sinks.map((sink) => (sink.kind === 'object' ? sink.roll.inputBytes : null))).toEqual([
      128 * 1024 ** 2,
      5 * 1024 ** 2,
    ])
    expect(firehose.limits.recordBytes).toBe(1_024_000)
    expect(firehose.sinks.map((sink) => (sink.kind === 'object' ? sink.prefix.text : null))).toEqual([
      'dt=!{event:ts:yyyy-MM-dd}/',
      '!{timestamp:yyyy/MM/dd/HH}/',
    ])
    expect(firehose.deadLetter.prefix.text).toBe('errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/')
  })

  test('keeps dead letters as JSON lines by kind of error', async () => {
    const { deadLetter } = await plan(FULL)
    expect([deadLetter.formatName, deadLetter.prefix.text]).toEqual(['jsonl', '!{firehose:error-output-type}/'])
  })

  test('gives up where records can still become dead letters, and never where they are in an object', async () => {
    const text = FULL.replace('semantics: streams', 'semantics: firehose').replace(/ {2}- directory.*\n/, '  - post: { url: "http://localhost" }\n')
    const planned = await plan(text)
    expect(planned.sinks.map(({ retry }) => retry.giveUpAfterMs)).toEqual([undefined, 300_000])
    expect(planned.deadLetter.retry.giveUpAfterMs).toBeUndefined()
    expect(planned.sinks.map(({ contract }) => contract.delivery)).toEqual(['exactly-once', 'at-least-once'])
    const [lake, post] = planned.sinks.map(({ contract }) => says(contract.lines, 'when the sink is down'))
    expect(lake).toMatch(/retried for ever.*`giveUpAfter` is for record sinks/)
    expect(post).toMatch(/retried for 5m; then its records go to the dead letters/)
    expect(planned.provenance.get('sinks[0].retry.giveUpAfter')).toBe('never, an object sink waits')
  })

  test('is exactly-once with the semantics of Firehose too, where its sinks write objects', async () => {
    const planned = await plan(FULL.replace('semantics: streams', 'semantics: firehose'))
    expect(planned.delivery).toBe('exactly-once')
  })

  test('promises less where a partition depends on an arrival time that changes, and says so', async () => {
    const arrival = FULL.replace('path: in.jsonl', 'path: in.jsonl, mode: follow').replace('dt=!{event:ts:yyyy-MM-dd}/', '!{arrival:yyyy/MM/dd}/')
    const planned = await plan(arrival)
    expect(planned.sinks.map(({ contract }) => contract.delivery)).toEqual(['at-least-once', 'exactly-once'])
    expect(says(planned.sinks[0].contract.lines, 'delivery')).toMatch(/the prefix of the sink `lake` uses `!\{arrival:yyyy\/MM\/dd\}`.*`file`/)
    expect((await plan(arrival.replace('mode: follow', 'mode: once'))).delivery).toBe('exactly-once')
  })

  test('keeps its promise where only dead letters are placed by such a time, and tells what holds for them', async () => {
    const arrival = FULL.replace('path: in.jsonl', 'path: in.jsonl, mode: follow')
    const byDay = (text: string): string => text.replace('path: dead', "path: dead, prefix: 'dt=!{arrival:yyyy-MM-dd}/'")
    expect([(await plan(byDay(arrival))).delivery, (await plan(byDay(arrival))).deadLetter.contract.delivery]).toEqual(['exactly-once', 'at-least-once'])
    expect((await plan(byDay(FULL))).deadLetter.contract.delivery).toBe('exactly-once')
    for (const semantics of ['streams', 'firehose']) {
      const byDefault = await plan(arrival.replace('semantics: streams', `semantics: ${semantics}`))
      expect(byDefault.deadLetter.contract.delivery).toBe('exactly-once')
    }
  })

  test('has bounds', async () => {
    expect(describeBounds(await plan(FULL)).map(({ bytes }) => bytes)).toEqual([64 * 1024 ** 2, 8 * 1024 ** 2, 2 * 1024 ** 2, 4 * 1024 ** 3])
  })

  test('is the same for the same pipeline as an object', async () => {
    const config = definePipeline({
      name: 'press',
      source: { file: { path: 'x' } },
      schema: { id: 'string' },
      sink: { directory: { path: 'out' } },
      deadLetter: { directory: { path: 'dead' } },
    })
    const { plan: planned, problems } = await planPipeline(config, fakeRegistry(), { directory: 'conf' })
    expect(problems).toEqual([])
    expect(planned?.fingerprint).toBe(
      (
        await plan(
          'name: press\nsource: { file: { path: y } }\nschema: { id: string }\nsink: { directory: { path: z } }\ndeadLetter: { directory: { path: dead } }\n',
        )
      ).fingerprint,
    )
    const wrong = await planPipeline({ ...config, source: { file: { pth: 'x' } } }, fakeRegistry(), { directory: '.' })
    expect(wrong.problems.map(({ file, line, path, message }) => [file, line, path, message])).toEqual([
      ['', 0, 'source.file', '`path` is missing: expected text'],
      ['', 0, 'source.file.pth', 'unknown key `pth`'],
    ])
  })
})

describe('the fingerprint', () => {
  const changes: [what: string, from: string, to: string, same: boolean][] = [
    ['a filter', 'id > 3', 'id > 4', false],
    ['an operator of a sink', 'drop: { field: value }', 'drop: { field: id }', false],
    ['a prefix', 'yyyy-MM-dd', 'yyyy-MM', false],
    ['a type', 'type: double', 'type: float', false],
    ['a decode policy', 'unknownFields: keep, into: extra, typeMismatch: null', 'unknownFields: drop, typeMismatch: null', false],
    ['the name of a sink', 'name: lake', 'name: sea', false],
    ['which records are too large', 'record: 1MiB', 'record: 2MiB', false],
    ['the prefix of dead letters', 'dead }', "dead, prefix: 'errors/!{firehose:error-output-type}/' }", false],
    ['the roll', 'age: 10s', 'age: 20s', true],
    ['a limit', '64MiB', '65MiB', true],
    ['the compression', 'zstd', 'snappy', true],
    ['the order of keys', '{ path: lines, format: jsonl', '{ format: jsonl, path: lines', true],
  ]
  test.each(changes)('after a change of %s', async (_, from, to, same) => {
    expect(FULL).toContain(from)
    const [before, after] = [await plan(FULL), await plan(FULL.replace(from, to))]
    expect(after.fingerprint === before.fingerprint).toBe(same)
  })
})

describe('the contract', () => {
  test('of a replayable source and a transactional sink is exactly once, in order', async () => {
    const { contract } = (await plan(FULL)).sinks[0]
    expect([contract.delivery, contract.order]).toEqual(['exactly-once', 'per shard'])
    expect(says(contract.lines, 'after a crash')).toContain(
      'nothing is lost and nothing is doubled (staged objects are published first',
    )
    expect(says(contract.lines, 'latency')).toContain('at most 5m')
  })

  test('names the part that holds it back', async () => {
    const { sinks, delivery } = await plan(
      `name: a\nsource: { stdin: }\nschema: { id: string }\noperators: [ guess: {} ]\nsink: { post: { url: 'http://x.org' } }\n`,
    )
    expect(delivery).toBe('at-least-once')
    const { lines } = sinks[0].contract
    expect(says(lines, 'delivery')).toContain(
      'what is in memory when it dies is lost (the source `stdin` cannot be read again after a crash)',
    )
    expect(says(lines, 'not promised')).toContain('a time of delivery')
  })

  test('differs by sink: one that only repeats does not take exactly-once from its neighbour', async () => {
    const planned = await plan(
      FULL.replace('  - directory: { path: lines, format: jsonl, roll: { age: 10s } }', "  - post: { url: 'http://x.org' }"),
    )
    expect(planned.sinks.map(({ contract }) => contract.delivery)).toEqual(['exactly-once', 'at-least-once'])
    expect(planned.delivery).toBe('at-least-once')
  })
})

describe('what comes from outside', () => {
  test('is read as a number only where a number is wanted', async () => {
    const text =
      'name: a\nsource: { stdin: { port: ${PORT}, key: ${PORT} } }\nsink: { directory: { path: ${OUT:-out}, format: jsonl } }\n'
    expect((await plan(text, { PORT: '80' })).source.component).toBe('stdin')
    const { problems } = await planPipelines({ path: 'p', text }, fakeRegistry(), fakeEnvironment({ PORT: 'eighty' }))
    expect(problems.filter(({ severity }) => severity === 'error').map(({ message }) => message)).toEqual([
      'expected a number; found "${PORT}"',
    ])
  })

  test('is read as a number in the sections of the pipeline too, and what stands beside it is kept', async () => {
    const text =
      'name: a\nsource: { stdin: {} }\nsink: { directory: { path: out, format: jsonl } }\n' +
      'limits: { workers: "${N}", memory: 99MiB }\nobserve: { port: "${PORT}", host: 127.0.0.1 }\n'
    const planned = await plan(text, { N: '2', PORT: '9464' })
    expect(planned.limits).toMatchObject({ workers: 2, memoryBytes: 99 * 1024 ** 2 })
    expect(planned.observe).toMatchObject({ port: 9464 })
  })

  test('must be there before anything runs', async () => {
    const { plans, problems } = await planPipelines({ path: 'p', text: FULL }, fakeRegistry(), fakeEnvironment())
    expect([plans, problems.map(({ line, column }) => [line, column])]).toEqual([[], [[19, 31]]])
  })

  test('is never read as YAML', async () => {
    const { problems } = await planPipelines(
      { path: 'p', text: `${FULL}state: \${STATE}\n` },
      fakeRegistry(),
      fakeEnvironment({ TOKEN: 'x', STATE: 'a\nlimits: { memory: 1 }\n*x' }),
    )
    expect(problems).toEqual([])
  })

  test('is never printed', async () => {
    const secret = 'correct-horse-battery'
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          'in.jsonl',
          'zstd',
          'jsonl',
          'id > 3',
          'extra',
          '10s',
          '9464',
          'press',
          'streams',
          'out',
          'drop',
          'ts: timestamp',
          '1MiB',
          '1s',
        ),
        fc.boolean(),
        async (place, inside) => {
          const text = FULL.replace(place, place.includes(': ') ? 'ts: ${SECRET}' : inside ? '${SECRET}x' : '${SECRET}')
          const { plans, problems } = await planPipelines(
            { path: 'p', text },
            fakeRegistry(),
            fakeEnvironment({ TOKEN: secret, SECRET: secret }),
          )
          expect(JSON.stringify(problems)).not.toContain(secret)
          for (const planned of plans)
            expect(planned.configuration + JSON.stringify([...planned.provenance]) + planned.warnings.join()).not.toContain(
              secret,
            )
        },
      ),
      { numRuns: 40 },
    )
    expect((await plan(FULL, { TOKEN: secret })).configuration).toContain('${TOKEN}')
  })
})

test('whatever is done to a file, planning gives problems and never throws', async () => {
  const edit = fc.record({
    at: fc.nat(FULL.length),
    take: fc.nat(12),
    put: fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom('{', '}', '[', ': ', '\n', '- ', '*a', '&a ', '${', '"', "'", '!{', '|', 'null', '__proto__: 1'),
    ),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
      let text = FULL
      for (const { at, take, put } of edits) text = text.slice(0, at) + put + text.slice(at + take)
      const { plans, problems } = await planPipelines({ path: 'p', text }, fakeRegistry(), fakeEnvironment({ TOKEN: 'x' }))
      const isWrong = problems.some(({ severity }) => severity === 'error')
      if (!/^---/m.test(text)) expect(plans.length).toBe(isWrong ? 0 : 1)
      for (const { line, column } of problems) expect(line >= 1 && column >= 1).toBe(true)
    }),
    { numRuns: 200 },
  )
})

test('an alias that doubles itself ends as a problem', async () => {
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x, x]',
    ...Array.from(
      { length: 8 },
      (_, i) => `${'bcdefghi'[i]}: &${'bcdefghi'[i]} [${Array(10).fill(`*${'abcdefgh'[i]}`).join(', ')}]`,
    ),
  ].join('\n')
  const { problems } = await planPipelines({ path: 'p', text: bomb }, fakeRegistry(), fakeEnvironment())
  expect(problems[0].message).toBe('this is larger than 100000 values once its aliases are followed')
})

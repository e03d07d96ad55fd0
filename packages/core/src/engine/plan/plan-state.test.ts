import { describe, expect, test } from 'vitest'
import type { AnyDefinition, Registry } from '../../component/index.js'
import { aggregate, dedupe } from '../../operators/index.js'
import type { ContractLine } from '../contract.js'
import type { Plan } from '../plan.js'
import { describeBounds } from './bounds.js'
import { fakeEnvironment, fakeRegistry } from './fake-components.test.fixture.js'
import { planPipelines } from './plan-pipelines.js'

const HEAD = `name: press
source: { file: { path: in.jsonl } }
schema: { id: string, at: timestamp, value: double }
deadLetter: { directory: { path: dead } }
`
const AGGREGATE = 'operators:\n  - aggregate: { time: at, window: 1m, set: { n: count() }, allowedLateness: 30s }\n'
const DEDUPE = 'operators:\n  - dedupe: { by: id, count: 100 }\n'
const LAKE = 'sink: { directory: { path: out, roll: { age: 5m } } }\n'
const POST = "sink: { post: { url: 'http://x.org' } }\n"

/** The fakes, with the real operators that keep state. */
function registry(): Registry {
  const fakes = fakeRegistry()
  const operators = [aggregate, dedupe] as readonly AnyDefinition[]
  return { ...fakes, operators: new Map([...fakes.operators, ...operators.map((operator) => [operator.name, operator])] as [string, never][]) }
}

async function planned(text: string): Promise<{ plan: Plan | undefined; problems: string[] }> {
  const { plans, problems } = await planPipelines({ path: 'p.yaml', text }, registry(), fakeEnvironment())
  return { plan: plans[0], problems: problems.map(({ line, column, severity, message, hint }) => `${line}:${column} ${severity}: ${message} [${hint}]`) }
}

async function contractLine(text: string, about: ContractLine['about'], sink = 0): Promise<string> {
  const { plan } = await planned(text)
  const found = plan?.sinks[sink].contract.lines.filter((line) => line.about === about) ?? []
  return found.map(({ says, because }) => `${says} (${because})`).join('\n')
}

describe('operators with state are refused with a reason', () => {
  test.each([
    [
      'before objects that are wanted at least once',
      `${HEAD}${AGGREGATE}${LAKE}delivery: at-least-once\n`,
      '8:11 error: `aggregate` keeps a state, and objects commit together with it: they are published exactly once, and cannot be had with less [leave `delivery` away]',
    ],
    [
      'before a sink that cannot hold exactly-once',
      `${HEAD}${AGGREGATE}${POST}delivery: exactly-once\n`,
      '7:9 error: `delivery: exactly-once` cannot be held: the sink `post` cannot publish in one step, so what was in flight is written again [leave `delivery` away to get what every part can hold, or replace this part]',
    ],
    [
      'where a state may take too much memory',
      `${HEAD}${DEDUPE}${LAKE}limits: { memory: 100MiB }\n`,
      '6:5 error: the state of `dedupe` may take 64 MiB (memory): more than half of `limits.memory`, which is 100 MiB [raise `limits.memory` to 128 MiB, or give `dedupe` less]',
    ],
    [
      'where several may together',
      `${HEAD}${DEDUPE.replace('count: 100', 'count: 100, memory: 100MiB')}sinks:\n  - directory: { path: out }\n    operators: [{ aggregate: { time: at, window: 1m, set: { n: count() } } }]\n`,
      '6:35 error: the state of `dedupe` may take 100 MiB (memory), 164 MiB with those of the other operators: more than half of `limits.memory`, which is 256 MiB [raise `limits.memory` to 328 MiB, or give `dedupe` less]',
    ],
  ])('%s', async (_title, text, problem) => {
    const { plan, problems } = await planned(text)
    expect(problems).toEqual([problem])
    expect(plan).toBeUndefined()
  })

  test('and warned of where a sink gets rows again, or a size has no effect', async () => {
    expect((await planned(HEAD + DEDUPE + POST)).problems).toEqual([
      '7:9 warning: `post` cannot commit together with the state of `dedupe`: after a crash, what came out of it since the last commit is sent again [write objects in its place for each row once, or say `delivery: at-least-once` to accept it]',
    ])
    expect((await planned(`${HEAD}${DEDUPE}${POST}delivery: at-least-once\n`)).problems).toEqual([])
    expect((await planned(HEAD + DEDUPE + LAKE.replace('age: 5m', 'age: 5m, size: 1MiB'))).problems).toEqual([
      '7:50 warning: `size` has no effect: `dedupe` keeps a state, so all objects roll together, by age [leave it away]',
    ])
    expect((await planned(HEAD + AGGREGATE + LAKE)).problems).toEqual([])
  })
})

describe('the contract where operators keep state', () => {
  const TWO = `${HEAD}sinks:
  - { name: raw, directory: { path: raw, roll: { age: 10m } } }
  - { name: minutes, directory: { path: minutes, roll: { age: 5m } }, operators: [{ aggregate: { time: at, window: 1m, set: { n: count() }, allowedLateness: 30s } }] }
`

  test('tells when a window is visible: its length, the lateness and the age of a set', async () => {
    expect(await contractLine(HEAD + AGGREGATE + LAKE, 'latency')).toBe(
      'a row of `aggregate` comes out once event time has passed the end of its window (1m) by 30s (allowedLateness) in every shard that is not idle; ' +
        'it is visible at most 5m later, 390s after its first record where event time goes with the clock, and the time to encode and publish its objects ' +
        '(`aggregate` keeps a state, so the objects of all sinks commit with it as one set: each 5m, the shortest roll age of the sinks, or earlier when memory and scratch file are full; size does not roll them)',
    )
  })

  test('holds for every sink of the pipeline: a set has the age of the sink that rolls first', async () => {
    expect(await contractLine(TWO, 'latency')).toContain('a record is visible at most 5m after it was read, and the time')
    expect(await contractLine(TWO, 'latency', 1)).toContain('a row of `aggregate` comes out once')
    expect(await contractLine(TWO, 'delivery')).toContain('each record that can be processed is published exactly once')
    expect(await contractLine(TWO, 'delivery', 1)).toContain('each record that can be processed counts once, in a row that is published exactly once')
    expect(await contractLine(TWO, 'after a crash')).toContain('the staged set is published first')
  })

  test('asks of no operator that it gives the same again, nor of a prefix, since nothing published is read again', async () => {
    const guessing = AGGREGATE.replace('operators:\n', 'operators:\n  - guess: {}\n')
    const arrival = LAKE.replace('path: out', "path: out, prefix: '!{arrival:yyyy}/'")
    const { plan } = await planned(HEAD.replace('in.jsonl', 'in.jsonl, mode: follow') + guessing + arrival)
    expect(plan?.delivery).toBe('exactly-once')
  })

  test('tells what a sink of records gets again after a crash', async () => {
    expect(await contractLine(HEAD + DEDUPE + POST, 'after a crash')).toBe(
      'nothing is lost; what came out since the last commit, at most 5s before, is delivered again (`file` is read again after its checkpoint, with the state of `dedupe` as it was there)',
    )
    expect(await contractLine(HEAD + DEDUPE + LAKE, 'not promised')).toContain('beyond what `dedupe` remembers')
  })
})

test('states are among the bounds', async () => {
  const { plan } = await planned(HEAD + DEDUPE + LAKE)
  expect(describeBounds(plan as Plan).map(({ what, bytes }) => `${what}: ${bytes / 1024 ** 2}`)).toEqual([
    'memory: records, states of operators and unfinished objects, over all sinks: 256',
    expect.stringContaining('of that, batches'),
    'of that, the state of `dedupe`, and as much again while it is saved: 64',
    expect.stringContaining('memory: the batch'),
    expect.stringContaining('disk: scratch file'),
    'disk: states in the ledger, the former ones with them, about: 128',
  ])
})

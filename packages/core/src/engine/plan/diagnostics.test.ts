import { describe, expect, test } from 'vitest'
import { formatProblems } from '../../config/index.js'
import { fakeEnvironment, fakeRegistry } from './fake-components.test.fixture.js'
import { planPipelines } from './plan-pipelines.js'

const HEAD = `name: press
source: { file: { path: in.jsonl } }
schema: { id: string, value: double }
`
const SINK = `sink: { directory: { path: out } }
deadLetter: { directory: { path: dead } }
`

/** `line:column message [hint]` of everything found, errors first told apart from warnings by `warning`. */
async function diagnose(
  text: string,
  variables: Record<string, string> = {},
  files: Record<string, string> = {},
): Promise<string[]> {
  const { problems } = await planPipelines({ path: 'p.yaml', text }, fakeRegistry(), fakeEnvironment(variables, files))
  return problems.map(({ file, line, column, message, hint, severity }) => {
    const place = `${file === 'p.yaml' ? '' : `${file}:`}${line}:${column}`
    return `${place} ${severity === 'warning' ? 'warning: ' : ''}${message}${hint === undefined ? '' : ` [${hint}]`}`
  })
}

describe('a mistake in a pipeline file is reported where it stands', () => {
  const cases: [name: string, text: string, expected: string[]][] = [
    ['nothing is wrong', HEAD + SINK, []],
    [
      'a duration without its unit',
      `${HEAD}${SINK}limits: { drain: 30 }\n`,
      ['6:18 expected a duration with its unit, like 30s or 5m; found 30'],
    ],
    [
      'an unknown key at the top',
      `${HEAD}${SINK}sematics: streams\n`,
      ['6:1 unknown key `sematics` [did you mean `semantics`?]'],
    ],
    [
      'an unknown key of a component, and the one that is missing',
      `${HEAD.replace('path:', 'pth:')}${SINK}`,
      ['2:11 `path` is missing: expected text', '2:19 unknown key `pth` [did you mean `path`?]'],
    ],
    [
      'an unknown key in a section of a component',
      `${HEAD}sink:\n  directory:\n    path: out\n    roll:\n      sise: 1MiB\ndeadLetter: { directory: { path: dead } }\n`,
      ['8:7 unknown key `sise` [did you mean `size`?]'],
    ],
    [
      'a value of a fixed list',
      `${HEAD.replace('in.jsonl', 'x, mode: folow')}${SINK}`,
      ['2:34 expected `once` or `follow`; found "folow" [did you mean `follow`?]'],
    ],
    [
      'an unknown component',
      `${HEAD.replace('file:', 'fil:')}${SINK}`,
      ['2:11 there is no source `fil`; there are: file, stdin [did you mean `file`?]'],
    ],
    [
      'two components in one entry',
      `${HEAD}operators:\n  - filter: id\n    drop: { field: id }\n${SINK}`,
      [
        '5:5 one key must name the operator; found `filter` and `drop` [keep one, and write each operator as an entry of its own]',
      ],
    ],
    [
      'no component in an entry',
      `${HEAD}sink: { name: x }\ndeadLetter: { directory: { path: dead } }\n`,
      ['4:1 one key must name the sink; found none [there are: directory, post]'],
    ],
    [
      'a name instead of a mapping',
      `${HEAD}sink: post\ndeadLetter: { directory: { path: dead } }\n`,
      ['4:7 expected one key that names the component, like `stdout: {}`; found "post"'],
    ],
    [
      'neither sink nor sinks',
      `${HEAD}deadLetter: { directory: { path: dead } }\n`,
      ['1:1 `sink` is missing: expected where records go [one is written `sink: { … }`, several as `sinks: [{ … }, { … }]`]'],
    ],
    ['a name that is missing', `${HEAD.replace('name: press\n', '')}${SINK}`, ['1:1 `name` is missing: expected text']],
    [
      'a name that cannot be one',
      `${HEAD.replace('press', 'Press A')}${SINK}`,
      ['1:7 expected a name of lower-case letters, digits, `-` and `_`, like press-telemetry; found "Press A"'],
    ],
    ['an offset inside a plain text', `${HEAD}operators:\n  - filter: id > ! 3\n${SINK}`, ['5:18 unexpected `!`']],
    ['an offset inside a quoted text', `${HEAD}operators:\n  - filter: 'id == ''a'' ! 3'\n${SINK}`, ['5:26 unexpected `!`']],
    [
      'an offset inside a block',
      `${HEAD}operators:\n  - filter:\n      where: |\n        id >\n        3 ! 4\n${SINK}`,
      ['8:11 unexpected `!`'],
    ],
    [
      'a field that an operator took away',
      `${HEAD}operators:\n  - drop: { field: id }\n  - filter: id > 3\n${SINK}`,
      ['6:13 there is no field `id`'],
    ],
    [
      'an expression of a prefix',
      `${HEAD}sink:\n  directory: { path: out, prefix: 'a/!{field:nope}/' }\ndeadLetter: { directory: { path: dead } }\n`,
      ['5:46 unknown field `nope`'],
    ],
    [
      'an unknown format',
      `${HEAD}sink: { directory: { path: out, format: parket } }\ndeadLetter: { directory: { path: dead } }\n`,
      ['4:41 there is no format `parket`; there are: jsonl, parquet [did you mean `parquet`?]'],
    ],
    [
      'an option of a format',
      `${HEAD}sink: { directory: { path: out, format: { parquet: { compression: zst } } } }\ndeadLetter: { directory: { path: dead } }\n`,
      ['4:67 expected `snappy`, `zstd` or `none`; found "zst" [did you mean `zstd`?]'],
    ],
    [
      'a format that cannot be read',
      `${HEAD}decode: { format: parquet }\n${SINK}`,
      ['4:19 the format `parquet` cannot be read; there are: json, jsonl'],
    ],
    [
      'a key that stands twice',
      `${HEAD}${SINK}state: a\nstate: b\n`,
      ['7:1 the key `state` stands twice in this mapping [keep one of them]'],
    ],
    [
      'a type that does not exist',
      `${HEAD.replace('double', 'dubble')}${SINK}`,
      ['3:30 there is no type `dubble` [did you mean `double`?]'],
    ],
    ['a type of another system', `${HEAD.replace('double', 'bigint')}${SINK}`, ['3:30 there is no type `bigint` [write int64]']],
    [
      'parquet without a schema',
      `${HEAD.replace(/schema.*\n/, '')}${SINK}`,
      [
        '3:9 the format `parquet` needs to know the fields, and this pipeline has no schema [add `schema:` (`standpipe infer` writes one from a sample), or write another format]',
      ],
    ],
    [
      'an operator on fields without a schema',
      `${HEAD.replace(/schema.*\n/, '')}operators: [ filter: id ]\n${SINK}`,
      [
        '3:22 there is no field `id` [this pipeline has no `schema:`, so its records have no fields; `standpipe infer` writes one]',
      ],
    ],
    [
      'decode without a schema',
      `${HEAD.replace(/schema.*\n/, 'decode: { typeMismatch: null }\n')}sink: { directory: { path: out, format: jsonl } }\ndeadLetter: { directory: { path: dead } }\n`,
      [
        '3:1 `decode` needs a `schema:`; without one records are delivered as they are, and never decoded [`standpipe infer` writes a schema from a sample]',
      ],
    ],
    [
      'unknown fields with nowhere to go',
      `${HEAD}decode: { unknownFields: keep }\n${SINK}`,
      ['4:1 `into` is missing: expected the name of the column that keeps unknown fields [add `into: extra`]'],
    ],
    [
      'exactly-once with partitions by an arrival time that changes',
      `${HEAD.replace('in.jsonl', 'in.jsonl, mode: follow')}delivery: exactly-once\nsink:\n  directory:\n    path: out\n    prefix: !!str 'dt=!{arrival:yyyy-MM-dd}/'\ndeadLetter: { directory: { path: dead, prefix: '!{field:arrivalTimestamp}/' } }\n`,
      [
        '8:5 `delivery: exactly-once` cannot be held: the prefix of the sink `directory` uses `!{arrival:yyyy-MM-dd}`, and the source `file` gives a record that is read again another arrival time, and so another partition [leave `delivery` away to get what every part can hold, or replace this part]',
        '9:40 `delivery: exactly-once` cannot be held: the prefix of the sink `deadLetter` uses `!{field:arrivalTimestamp}`, and the source `file` gives a record that is read again another arrival time, and so another partition [leave `delivery` away to get what every part can hold, or replace this part]',
      ],
    ],
    [
      'a sink of objects that is to give up',
      `${HEAD}sink: { directory: { path: out }, retry: { giveUpAfter: 1m } }\ndeadLetter: { directory: { path: dead, prefix: '!{field:attemptEndingTimestamp}/' } }\n`,
      [
        '4:44 `directory` writes objects and cannot give up: rows that are encoded into an object cannot become dead letters any more [leave it away: the sink waits and retries for ever, and nothing is lost]',
        '5:48 `attemptEndingTimestamp` changes with every attempt, and cannot be part of a prefix [use `!{arrival:yyyy-MM-dd}` or `!{timestamp:yyyy/MM/dd/HH}`]',
      ],
    ],
    [
      'giving up where no sink can',
      `${HEAD}${SINK}retry: { giveUpAfter: 1m }\n`,
      ['6:10 warning: `giveUpAfter` has no effect: no sink of this pipeline takes records, and those that write objects wait and retry for ever'],
    ],
    [
      'exactly-once that parts cannot hold',
      `${HEAD.replace('file: { path: in.jsonl }', 'stdin:')}delivery: exactly-once\noperators: [ guess: {} ]\nsink: { post: { url: 'http://x.org' } }\ndeadLetter: { directory: { path: dead } }\n`,
      [
        '2:11 `delivery: exactly-once` cannot be held: the source `stdin` cannot be read again after a crash [leave `delivery` away to get what every part can hold, or replace this part]',
        '5:14 `delivery: exactly-once` cannot be held: the operator `guess` may give other rows when a record is read again [leave `delivery` away to get what every part can hold, or replace this part]',
        '6:9 `delivery: exactly-once` cannot be held: the sink `post` cannot publish in one step, so what was in flight is written again [leave `delivery` away to get what every part can hold, or replace this part]',
      ],
    ],
    [
      'a port to the world without a token',
      `${HEAD}${SINK}observe: { port: 9464, host: 0.0.0.0 }\n`,
      [
        '6:30 `0.0.0.0` can be reached from other machines, so a `token` is needed [add `token: ${METRICS_TOKEN}`, or leave `host` away to listen on loopback]',
      ],
    ],
    [
      'a variable that is not set',
      `${HEAD.replace('in.jsonl', 'in/${DAY}.jsonl')}${SINK}`,
      ['2:28 the environment variable `DAY` is not set [set it, or give a default: ${DAY:-default}]'],
    ],
    [
      'a secret file that is not there',
      `${HEAD}${SINK}observe: { port: 1, token: '\${file:/run/secrets/t}' }\n`,
      ['6:29 the file `/run/secrets/t` cannot be read (ENOENT) [check that it exists and that this process may read it]'],
    ],
    [
      'two pipelines of one name',
      `${HEAD}${SINK}---\n${HEAD}sink: { directory: { path: other } }\ndeadLetter: { directory: { path: dead2 } }\n`,
      ['7:7 two pipelines of this file are named `press` [state, metrics and objects carry the name; give each its own]'],
    ],
    [
      'two pipelines that write to one place',
      `${HEAD}${SINK}---\n${HEAD.replace('press', 'other')}${SINK}`,
      [
        '10:9 warning: the sinks `directory` of `press` and `directory` of `other` write to the same place [give each its own path or prefix, so that readers can tell their rows apart]',
      ],
    ],
    [
      'dead letters that nobody asked for',
      HEAD + SINK.split('\n')[0],
      [
        '1:1 warning: records that cannot be processed go to the folder .standpipe/press/dead-letters, on this machine alone [name another place with `deadLetter:`]',
      ],
    ],
    [
      'objects that roll later than someone waits at the source',
      `${HEAD.replace('in.jsonl', 'in.jsonl, settleWithin: 60s')}sink: { directory: { path: out, roll: { age: 1m } } }\ndeadLetter: { directory: { path: dead } }\n`,
      [
        '4:46 objects roll after 1m, and the source waits no longer than 1m until its records are published [set `roll.age` well below 1m]',
        '5:1 warning: dead letters roll after 5m: whoever sends a bad record waits 1m at the source in vain [name a place with `deadLetter:`, and set its `roll.age` well below 1m]',
      ],
    ],
    [
      'objects that roll sooner',
      `${HEAD.replace('in.jsonl', 'in.jsonl, settleWithin: 61s')}sink: { directory: { path: out, roll: { age: 1m } } }\ndeadLetter: { directory: { path: dead, roll: { age: 1s } } }\n`,
      [],
    ],
    [
      'dead letters in a record sink',
      `${HEAD}sink: { directory: { path: out } }\ndeadLetter: { post: { url: 'http://x.org' } }\n`,
      ['5:15 dead letters are kept as objects, and `post` takes records [use an object sink, such as `directory` or `s3`]'],
    ],
    [
      'a mistake in one entry of a list of pipelines',
      `pipelines:\n  - name: a\n    source: { stdin: { prot: 1 } }\n    sink: { directory: { path: x, format: jsonl } }\n    deadLetter: { directory: { path: dead } }\n`,
      ['3:24 unknown key `prot` [did you mean `port`?]'],
    ],
    ['an empty file', '# nothing\n', ['1:1 this file is empty [`standpipe init` writes one to start from]']],
    [
      'a custom tag',
      `${HEAD}${SINK}state: !secret x\n`,
      ['6:8 this is not valid YAML: Unresolved tag: !secret [tags are not read; put a text that starts with `!` in quotes]'],
    ],
    [
      'a merge key',
      `${HEAD}${SINK}<<: { state: x }\n`,
      ['6:1 unknown key `<<` [known here: semantics, transform, decode, operators, sinks, delivery, limits, retry, state, observe]'],
    ],
  ]
  test.each(cases)('%s', async (_, text, expected) => {
    expect(await diagnose(text)).toEqual(expected)
  })

  test('all of them at once', async () => {
    const found = await diagnose(`name: Press
semantics: stream
source: { file: { path: 3, retain: 1 } }
schema: { id: strng, when: { type: timestamp, zone: Mars } }
operators: [ { filtr: x }, { filter: { were: x } } ]
sink: { directory: { pat: x } }
limits: { memory: 1 }
`)
    expect(found.map((text) => text.split(' ')[0]).sort()).toEqual([
      '1:1',
      '1:7',
      '2:12',
      '3:25',
      '3:36',
      '4:15',
      '4:53',
      '5:16',
      '5:30',
      '5:40',
      '6:22',
      '6:9',
      '7:19',
    ])
  })

  test('a schema file has lines of its own', async () => {
    const text = HEAD.replace(/schema.*/, 'schema: { file: types/machine.yaml }') + SINK
    expect(await diagnose(text, {}, { 'types/machine.yaml': 'id: string\nvalue: { type: double, defalt: 0 }\n' })).toEqual([
      'types/machine.yaml:2:24 unknown key `defalt` [did you mean `default`?]',
    ])
    expect(await diagnose(text, {}, { 'types/machine.yaml': 'schema:\n  id: strng\n' })).toEqual([
      'types/machine.yaml:2:7 there is no type `strng` [did you mean `string`?]',
    ])
    expect(await diagnose(text)).toEqual([
      '3:17 the schema file `types/machine.yaml` cannot be read (ENOENT) [paths start at the folder of this file]',
    ])
  })
})

test('problems are printed with their line, a caret under wide characters too, and the hint', async () => {
  const text = `name: press\nsource: { file: { path: 데이터, mode: onec } }\nsink: { directory: { path: out, format: jsonl } }\ndeadLetter: { directory: { path: dead } }\n`
  const { problems } = await planPipelines({ path: 'p.yaml', text }, fakeRegistry(), fakeEnvironment())
  expect(formatProblems(problems, { color: false, source: () => text })).toBe(
    [
      'p.yaml:2:36  expected `once` or `follow`; found "onec"',
      '  2 | source: { file: { path: 데이터, mode: onec } }',
      `      ${' '.repeat(38)}^`,
      '  hint: did you mean `once`?',
    ].join('\n'),
  )
})

import { describe, expect, test } from 'vitest'
import { readYaml } from './read-yaml.js'

const environment = {
  variables: { HOST: 'db', EMPTY: '', TWICE: '${HOST}' },
  readFile: (path: string) => (path === 'conf/key' ? Promise.resolve('s3cret\n') : Promise.reject(new Error('no such file'))),
}

async function read(text: string): Promise<{ values: unknown[]; written: unknown[]; messages: string[] }> {
  const { documents, problems } = await readYaml({ path: 'conf/a.yaml', text }, environment)
  const messages = problems.map(({ line, column, message }) => `${line}:${column} ${message}`)
  return { values: documents.map(({ value }) => value), written: documents.map((document) => document.written), messages }
}

describe('a text', () => {
  const cases: [yaml: string, value: string][] = [
    ['${HOST}', 'db'],
    ['"http://${HOST}:${PORT:-80}/"', 'http://db:80/'],
    ['${EMPTY:-none}', 'none'],
    ['${EMPTY}', ''],
    ['$${HOST}', '${HOST}'],
    ['${TWICE}', '${HOST}'],
    ['${file:key}', 's3cret'],
    ['${URL:-a: [b], #c}', 'a: [b], #c'],
    ['costs $5', 'costs $5'],
  ]
  test.each(cases)('%s is filled in', async (yaml, value) => {
    expect(await read(`a: ${yaml}\n`)).toMatchObject({ values: [{ a: value }], messages: [] })
    expect((await read(`{ b: [ ${yaml} ] }\n`)).values).toEqual([{ b: [value] }])
  })

  test('keeps what was written, for printing', async () => {
    expect((await read('a: x-${file:key}\n')).written).toEqual([{ a: 'x-${file:key}' }])
  })

  test('with a mistake in its ${…} is reported at that place', async () => {
    expect((await read("a: 'x ${HOST} ${1} ${NONE'\n")).messages).toEqual([
      '1:15 `${1}` names no variable',
      '1:20 `${` is never closed with `}`',
    ])
  })
})

describe('a file', () => {
  test('gives a configuration for each document', async () => {
    expect((await read('a: 1\n---\nb: yes\n')).values).toEqual([{ a: 1 }, { b: 'yes' }])
  })

  test('larger than a mebibyte is refused', async () => {
    expect((await read(`a: ${'x'.repeat(1024 ** 2)}\n`)).messages).toEqual([
      '1:1 this file has 1048580 bytes; a pipeline file has at most 1 MiB',
    ])
  })

  test('with a mistake in its syntax gives that one, not what follows from it', async () => {
    expect((await read('a: { b: c }}\nd: e\n')).messages).toHaveLength(1)
  })

  test('may start with a byte order mark and end its lines as Windows does', async () => {
    expect(await read('\uFEFFa: 1\r\nb: ${NONE}\r\n')).toMatchObject({
      messages: ['2:4 the environment variable `NONE` is not set'],
    })
  })

  test('with aliases has their values, and no end of nesting is followed', async () => {
    expect((await read('a: &x { p: 1 }\nb: *x\n')).values).toEqual([{ a: { p: 1 }, b: { p: 1 } }])
    expect((await read('a: &x [ *x ]\n')).messages).toHaveLength(1)
  })
})

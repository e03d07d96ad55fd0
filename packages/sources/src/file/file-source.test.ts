import { readFile, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PayloadBlock, Source, StandpipeError } from '@standpipe/core'
import { createSourceRuntime, describeSource, readSource, TestFolder, type SourceReading } from '@standpipe/testkit'
import { fileSource } from './file-source.js'

const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), '../../fixtures')
const LINES = Array.from({ length: 30 }, (_, i) => `{"id":${i},"text":"line ${i}"}`)

function bind(directory: string, config: unknown): Source {
  return fileSource.bind(fileSource.config.parse(config), { pipeline: 'test', directory, warn: () => {} })
}

async function fixture(path: string, config: object = {}): Promise<SourceReading & { payloads: string[]; header?: readonly string[] }> {
  const source = bind(FIXTURES, { path, ...config })
  const reading = await readSource(source)
  let header: readonly string[] | undefined
  for await (const event of source.read(createSourceRuntime())) {
    if (event.kind === 'records') header = (event.records as PayloadBlock).header
  }
  return { ...reading, header, payloads: reading.records.map(({ payload }) => Buffer.from(payload, 'latin1').toString('utf8')) }
}

for (const [name, config, files] of [
  ['lines of several files', { path: '*.jsonl' }, { 'a.jsonl': LINES.join('\n') + '\n', 'b.jsonl': LINES.slice(3).join('\r\n'), 'c.jsonl': '' }],
  ['gzip in two members', { path: 'a.jsonl.gz' }, { 'a.jsonl.gz': Buffer.concat([gzipSync(LINES.slice(0, 10).join('\n') + '\n'), gzipSync(LINES.slice(10).join('\n'))]) }],
  ['CSV with line breaks in quotes', { path: 'a.csv', format: 'csv' }, { 'a.csv': 'id,note\n' + LINES.map((_, i) => `${i},"two\nlines ""${i}"""\n`).join('') }],
  ['a JSON array', { path: 'a.json', format: 'json' }, { 'a.json': JSON.stringify(LINES.map((line) => JSON.parse(line) as unknown), null, 2) }],
  ['UTF-16', { path: 'a.jsonl', encoding: 'utf-16le' }, { 'a.jsonl': Buffer.from('\ufeff' + LINES.join('\n'), 'utf16le') }],
  ['records too large, and a quote that never closes', { path: 'a.csv', format: 'csv', maxRecord: '40B' }, { 'a.csv': 'id,note\n1,a\n2,' + 'x'.repeat(700) + '\n3,c\n4,' + 'y'.repeat(90) + '\n5,"open\n6' }],
] as const) {
  describeSource(`file: ${name}`, async () => {
    const folder = await TestFolder.create()
    for (const [file, content] of Object.entries(files)) await folder.write(file, content)
    return { source: bind(folder.path, config), batchBytes: 200, close: () => folder.remove() }
  })
}

describe('the fixtures', () => {
  it('give CSV records whole, with their header', async () => {
    for (const file of ['orders-quoted.csv', 'orders-bom.csv']) {
      const { payloads, header } = await fixture(file, { format: 'csv' })
      expect(header).toEqual(['id', 'note', 'amount'])
      expect(payloads).toEqual(['1,"a, b",04.03', '2,"said ""yes""",5', '3,"two\r\nlines",', '4,plain,7.5'])
    }
  })

  it('read euc-kr, cp949 and UTF-16 as the same text', async () => {
    const expected = ['프레스-01,정상,71.5', '프레스-07,과열,96.2', '용접-02,점검,66.0']
    for (const [file, encoding] of [['machines-euc-kr.csv', 'euc-kr'], ['machines-euc-kr.csv', 'cp949'], ['machines-utf-16le.csv', 'utf-8']]) {
      const { payloads, header } = await fixture(file, { format: 'csv', encoding })
      expect(payloads).toEqual(expected)
      expect(header).toEqual(['설비', '상태', '온도'])
    }
  })

  it('read the same lines plain, as gzip and as zstd', async () => {
    const text = await readFile(join(FIXTURES, 'telemetry.jsonl'), 'utf8')
    for (const end of ['', '.gz', '.zst']) {
      expect((await fixture(`telemetry.jsonl${end}`)).payloads.join('\n') + '\n').toBe(text)
    }
  })

  it('give each value of a pretty-printed array, and rows of TSV', async () => {
    const { payloads } = await fixture('nested.json', { format: 'json' })
    expect(payloads.map((text) => (JSON.parse(text) as { device_id: string }).device_id)).toEqual([0, 1, 2, 3, 4].map((i) => `5e:44:0${i}`))
    const rows = await fixture('meters.tsv', { format: { tsv: { header: false } } })
    expect(rows.payloads).toHaveLength(4)
    expect(rows.header).toBeUndefined()
  })
})

describe('file', () => {
  let folder: TestFolder
  beforeEach(async () => {
    folder = await TestFolder.create()
  })
  afterEach(() => folder.remove())
  const read = (config: object, options: Parameters<typeof readSource>[1] = {}): Promise<SourceReading> => readSource(bind(folder.path, config), options)
  const failure = async (reading: Promise<unknown>): Promise<StandpipeError> => reading.then(() => expect.unreachable(), (error: StandpipeError) => error)

  it('says which path it looked at when there is none', async () => {
    const missing = await failure(read({ path: 'no/such.jsonl' }))
    expect(missing.code).toBe('SOURCE_UNREADABLE')
    expect(missing.message).toContain(join(folder.path, 'no/such.jsonl'))
    const unmatched = await failure(read({ path: '*.jsonl' }))
    expect(unmatched.message).toContain(`no file matches ${join(folder.path, '*.jsonl')}`)
    await folder.write('inner/a.jsonl', '{}\n')
    expect((await failure(read({ path: 'inner' }))).message).toContain('it is a directory')
  })

  it('reads absolute globs, folders beside its own, and names with glob characters', async () => {
    await folder.write('in/a[1].jsonl', '1\n')
    await folder.write('in/b.jsonl', '2\n')
    const shards = async (path: string, directory = folder.path): Promise<string[]> =>
      (await readSource(bind(directory, { path }))).records.map((record) => record.shard)
    expect(await shards(join(folder.path, 'in/*.jsonl'))).toEqual(['in/a[1].jsonl', 'in/b.jsonl'])
    expect(await shards('../in/*.jsonl', join(folder.path, 'pipelines'))).toEqual(['../in/a[1].jsonl', '../in/b.jsonl'])
    expect(await shards('in/a[1].jsonl')).toEqual(['in/a[1].jsonl'])
  })

  it('gives a record that is read again its first arrival time, though the file was written to since', async () => {
    const path = await folder.write('a.jsonl', '1\n2\n3\n')
    await utimes(path, 1_000, 1_000)
    const before = await read({ path: 'a.jsonl' })
    expect(before.records.map(({ arrivalMs }) => arrivalMs)).toEqual([1_000_000, 1_000_000, 1_000_000])
    await folder.append('a.jsonl', '4\n')
    await utimes(path, 2_000, 2_000)
    const again = await read({ path: 'a.jsonl' }, { checkpoints: { 'a.jsonl': before.records[0].position } })
    expect(again.records.map(({ payload, arrivalMs }) => [payload, arrivalMs])).toEqual([['2', 1_000_000], ['3', 1_000_000], ['4', 1_000_000]])
    const fresh = await read({ path: 'a.jsonl' })
    expect(fresh.records[0].arrivalMs).toBe(2_000_000)
  })

  it('refuses an encoding it does not know, where it stands', () => {
    expect(() => bind(folder.path, { path: 'a', encoding: 'klingon' })).toThrow(expect.objectContaining({ path: ['encoding'] }))
  })

  it('keeps a record that is too large, and one that the end cuts off, as records with a problem', async () => {
    await folder.write('a.jsonl', `{"a":1}\n{"b":"${'x'.repeat(200_000)}"}\n{"c":1}\n`)
    const { records } = await read({ path: 'a.jsonl', maxRecord: '100KB' }, { batchBytes: 30_000 })
    expect(records.map(({ payload, problem }) => [payload.slice(0, 7), payload.length, problem])).toEqual([
      ['{"a":1}', 7, undefined],
      ['{"b":"x', 65_536, 'Source.RecordTooLarge'],
      ['{"c":1}', 7, undefined],
    ])
    await folder.write('b.json', '[{"a":1},{"b":')
    expect((await read({ path: 'b.json', format: 'json' })).records.map(({ payload, problem }) => [payload, problem])).toEqual([
      ['{"a":1}', undefined],
      ['{"b":', 'Source.UnexpectedEnd'],
    ])
    await folder.write('c.json', '[{"a":1}')
    expect((await read({ path: 'c.json', format: 'json' })).records.map(({ problem }) => problem)).toEqual([undefined, 'Source.UnexpectedEnd'])
  })

  it('gives everything before the damage of a compressed file, then SOURCE_DATA_CORRUPT', async () => {
    const text = LINES.map((line, i) => `${line}${(i * 2_654_435_761) % 4_294_967_296}`).join('\n')
    const packed = gzipSync(text)
    const zstd = await readFile(join(FIXTURES, 'telemetry.jsonl.zst'))
    const damaged = Buffer.from(packed)
    damaged.fill(0xff, packed.length - 60, packed.length - 50)
    for (const [name, bytes] of [['cut.gz', packed.subarray(0, -40)], ['bad.gz', damaged], ['crc.gz', Buffer.concat([packed.subarray(0, -8), Buffer.alloc(8)])]] as const) {
      await folder.write(name, bytes)
      const events = bind(folder.path, { path: name }).read(createSourceRuntime())
      const given: string[] = []
      const error = await failure((async () => {
        for await (const event of events) if (event.kind === 'records') for (let i = 0; i < event.records.count; i++) given.push(Buffer.from(event.records.payload(i)).toString())
      })())
      expect(error.code, name).toBe('SOURCE_DATA_CORRUPT')
      expect(error.message).toContain(name)
      expect(given.length, name).toBeGreaterThan(10)
      expect(text.startsWith(given.join('\n')), name).toBe(true)
    }
    await folder.write('cut.zst', zstd.subarray(0, -20))
    expect((await failure(read({ path: 'cut.zst' }))).code).toBe('SOURCE_DATA_CORRUPT')
  })

  it('knows a file again that was renamed, and reads a replaced one from its start', async () => {
    const early = LINES.slice(0, 10).join('\n') + '\n'
    await folder.write('app.log', early + LINES.slice(10, 20).join('\n') + '\n')
    const { records } = await read({ path: 'app.log*' })
    const checkpoints = { 'app.log': records[9].position }
    await folder.rename('app.log', 'app.log.1')
    await folder.write('app.log', LINES.slice(20).join('\n') + '\n')
    const warnings: string[] = []
    const resumed = await read({ path: 'app.log*' }, { checkpoints, log: (level, message) => level === 'warn' && warnings.push(message) })
    const shards = (shard: string): string[] => resumed.records.filter((record) => record.shard === shard).map((record) => record.payload)
    expect(shards('app.log')).toEqual(LINES.slice(10, 20))
    expect(shards('app.log#2')).toEqual(LINES.slice(20))
    expect(warnings).toEqual([])
  })

  it('warns of a replaced file that was not read to its end', async () => {
    await folder.write('a.jsonl', LINES.join('\n'))
    const { records } = await read({ path: 'a.jsonl' })
    await folder.write('a.jsonl', '{"other":1}\n')
    const warnings: string[] = []
    const again = await read({ path: 'a.jsonl' }, { checkpoints: { 'a.jsonl': records[4].position }, log: (level, message) => level === 'warn' && warnings.push(message) })
    expect(again.records.map(({ shard, payload }) => [shard, payload])).toEqual([['a.jsonl#2', '{"other":1}']])
    expect(warnings).toHaveLength(2)
  })

  it('reads only what was added to a file that was read to its end', async () => {
    await folder.write('a.csv', 'id,v\n1,a\n2,b\n')
    const first = await read({ path: 'a.csv', format: 'csv' })
    const known = { checkpoints: { 'a.csv': first.records[1].position }, ended: ['a.csv'] }
    expect((await read({ path: 'a.csv', format: 'csv' }, known)).records).toEqual([])
    await folder.append('a.csv', '3,c\n')
    const grown = await read({ path: 'a.csv', format: 'csv' }, known)
    expect(grown.records.map(({ shard, payload }) => [shard, payload])).toEqual([['a.csv#2', '3,c']])
    expect(grown.ended).toEqual(['a.csv#2'])
  })

  it('reads another file with the same beginning under another name', async () => {
    await folder.write('monday.csv', 'id,v\n1,a\n2,b\n')
    const first = await read({ path: '*.csv', format: 'csv' })
    await folder.delete('monday.csv')
    await folder.write('tuesday.csv', 'id,v\n1,a\n2,b\n3,c\n')
    const second = await read({ path: '*.csv', format: 'csv' }, { checkpoints: { 'monday.csv': first.records[1].position }, ended: ['monday.csv'] })
    expect(second.records.map(({ shard, payload }) => [shard, payload])).toEqual([['tuesday.csv', '1,a'], ['tuesday.csv', '2,b'], ['tuesday.csv', '3,c']])
  })
})

describe('a large file', () => {
  let folder: TestFolder
  beforeAll(async () => {
    folder = await TestFolder.create()
  })
  afterAll(() => folder.remove())

  it('is given in batches of the size asked for, whatever its own', async () => {
    await folder.write('a.jsonl', `${'{"id":123456789,"text":"some words to fill the line"}'}\n`.repeat(20_000))
    let largest = 0
    let count = 0
    for await (const event of bind(folder.path, { path: 'a.jsonl' }).read(createSourceRuntime({ batchBytes: 64 * 1024 }))) {
      if (event.kind !== 'records') continue
      largest = Math.max(largest, event.bytes)
      count += event.records.count
    }
    expect(count).toBe(20_000)
    expect(largest).toBeLessThan(66 * 1024)
  })
})

import { gunzipSync } from 'node:zlib'
import type { FormatWriter } from '@standpipe/core/component'
import { appendRows, createColumns, RAW_SCHEMA, type Batch, type Field } from '@standpipe/core/model'
import fc from 'fast-check'
import { compressors } from 'hyparquet-compressors'
import { describe, expect, it } from 'vitest'
import { csvOptions, type CsvConfig } from '../csv/config.js'
import { createCsvDecoder } from '../csv/decoder.js'
import { createCsvWriter } from '../csv/writer.js'
import { batchOf, field, linesOf } from '../decoded-lines.testing.js'
import { createCsvFramer } from '../framing/index.js'
import { createJsonDecoder } from '../json/decoder.js'
import { createJsonlWriter } from '../jsonl/format.js'
import { createRawWriter } from '../raw/format.js'
import { recordsOf } from '../record-block.testing.js'

const STRICT = { unknownFields: 'drop', unknownInto: '', typeMismatch: 'deadLetter' } as const
const CSV = { extension: '.csv', contentType: 'text/csv' }

function batchFrom(fields: readonly Field[], payloads: readonly string[], selection: Int32Array | null = null): Batch {
  const decoded = createJsonDecoder({ fields }, STRICT).decode(recordsOf(payloads))
  expect(decoded.rejected).toEqual([])
  return batchOf(decoded.rows, recordsOf(payloads), selection)
}

/** The bytes of an object that is flushed after each batch. */
async function objectOf(writer: FormatWriter, batches: readonly Batch[], rows: Int32Array | null = null): Promise<Buffer> {
  const encoder = writer.createObject()
  const parts: Uint8Array[] = []
  for (const batch of batches) {
    encoder.append(batch, rows)
    parts.push(...(await encoder.flush()))
    expect(encoder.bufferedBytes).toBe(0)
  }
  parts.push(...(await encoder.finish({})))
  return Buffer.concat(parts)
}

const textOf = async (...given: Parameters<typeof objectOf>): Promise<string> => (await objectOf(...given)).toString()

describe('the JSON lines writer', () => {
  const fields = [field('a', 'string'), field('t', 'timestamp'), field('j', 'json')]

  it('writes a row a line, nulls left out or kept', async () => {
    const batch = batchFrom(fields, ['{"a":"\\u0001\\t\\"\\\\ü","t":"1969-12-31T23:59:59.000001Z","j":[1,\n 2]}', '{"a":null}'])
    expect(await textOf(createJsonlWriter({ nulls: 'omit', compression: 'none' }, { fields }), [batch])).toBe(
      '{"a":"\\u0001\\t\\"\\\\ü","t":"1969-12-31T23:59:59.000001Z","j":[1,  2]}\n{}\n',
    )
    expect(await textOf(createJsonlWriter({ nulls: 'keep', compression: 'none' }, { fields }), [batch], Int32Array.of(1))).toBe('{"a":null,"t":null,"j":null}\n')
  })

  it('gives each selected row alone, without a newline', () => {
    const batch = batchFrom(fields, ['{"a":"x"}', '{"a":"y"}', '{"a":"z"}'], Int32Array.of(0, 2))
    const records = createJsonlWriter({ nulls: 'omit', compression: 'none' }, { fields }).encodeRows?.(batch)
    expect(records?.map((record) => Buffer.from(record).toString())).toEqual(['{"a":"x"}', '{"a":"z"}'])
  })

  it('writes the payloads of a raw pipeline as they were read', async () => {
    const rows = createColumns(RAW_SCHEMA)
    rows.rowCount = 2
    const batch = batchOf(rows, recordsOf(['not json', '{ }']))
    expect(await textOf(createJsonlWriter({ nulls: 'omit', compression: 'none' }, RAW_SCHEMA), [batch])).toBe('not json\n{ }\n')
    expect(await textOf(createRawWriter({ delimiter: '', compression: 'none' }), [batch])).toBe('not json{ }')
    expect(await textOf(createRawWriter({ delimiter: '\r\n', compression: 'none' }), [batch])).toBe('not json\r\n{ }\r\n')
  })

  it('writes what reads back as the same values', () => {
    const all = [
      field('d', 'double'),
      field('f', 'float'),
      field('n', 'int64'),
      field('m', { kind: 'decimal', precision: 38, scale: 9 }),
      field('s', 'string'),
      field('b', 'binary'),
      field('l', { kind: 'list', element: field('element', { kind: 'struct', fields: [field('x', 'int32')] }) }),
    ]
    const record = fc.record(
      {
        d: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
        f: fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
        n: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
        m: fc.tuple(fc.bigInt({ min: -(10n ** 29n) + 1n, max: 10n ** 29n - 1n }), fc.nat(999_999_999)).map(([whole, part]) => `${whole}.${String(part).padStart(9, '0')}`),
        s: fc.string({ unit: 'binary' }).map((value) => JSON.stringify(value)),
        b: fc.uint8Array().map((value) => JSON.stringify(Buffer.from(value).toString('base64'))),
        l: fc.array(fc.option(fc.record({ x: fc.integer() }, { requiredKeys: [] }))).map((value) => JSON.stringify(value)),
      },
      { requiredKeys: [] },
    )
    const writing = fc.array(record, { maxLength: 4 }).map((values) => values.map((value) => `{${Object.entries(value).map(([name, text]) => `"${name}":${text}`).join(',')}}`))
    fc.assert(
      fc.property(writing, (payloads) => {
        const first = createJsonDecoder({ fields: all }, STRICT).decode(recordsOf(payloads))
        expect(first.rejected).toEqual([])
        const lines = linesOf(first.rows)
        const again = createJsonDecoder({ fields: all }, STRICT).decode(recordsOf(lines))
        expect(again.rejected).toEqual([])
        expect(linesOf(again.rows)).toEqual(lines)
        // The columns hold what was written, not only what is printed of it.
        const values = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
        const given = payloads.map((payload) => JSON.parse(payload) as Record<string, unknown>)
        expect(values.map(({ d, s, l }) => ({ d, s, l }))).toEqual(given.map(({ d, s, l }) => ({ d, s, l })))
      }),
    )
  })

  it('writes the same after rows were appended to other columns', () => {
    const lists = [field('l', { kind: 'list', element: field('element', 'string') }), field('w', { kind: 'decimal', precision: 30, scale: 0 })]
    const source = batchFrom(lists, ['{"l":["a","b"],"w":123456789012345678901234567890}', '{}', '{"l":[]}'])
    const target = createColumns({ fields: lists })
    appendRows(target, source.rows, Int32Array.of(2, 0))
    expect(linesOf(target)).toEqual(['{"l":[]}', '{"l":["a","b"],"w":123456789012345678901234567890}'])
  })
})

describe('compression', () => {
  const fields = [field('a', 'int64')]
  const batches = [batchFrom(fields, ['{"a":1}']), batchFrom(fields, ['{"a":2}'])]

  it('puts blocks one after another as gzip members or zstd frames', async () => {
    const gzip = createJsonlWriter({ nulls: 'omit', compression: 'gzip' }, { fields })
    const zstd = createJsonlWriter({ nulls: 'omit', compression: 'zstd' }, { fields })
    expect(gunzipSync(await objectOf(gzip, batches)).toString()).toBe('{"a":1}\n{"a":2}\n')
    expect(Buffer.from(compressors.ZSTD?.(await objectOf(zstd, batches), 16) ?? []).toString()).toBe('{"a":1}\n{"a":2}\n')
    expect([gzip.extension, gzip.contentEncoding, zstd.extension]).toEqual(['.jsonl.gz', 'gzip', '.jsonl.zst'])
  })

  it('makes a legal file of no rows', async () => {
    expect(gunzipSync(await objectOf(createRawWriter({ delimiter: '', compression: 'gzip' }), [])).length).toBe(0)
  })

  it('says when a block is full, and learns how far it compresses', async () => {
    const wide = [field('s', 'string')]
    const batch = batchFrom(wide, Array.from({ length: 600 }, (_, i) => `{"s":"${String(i).padStart(2000, 'x')}"}`))
    const encoder = createJsonlWriter({ nulls: 'omit', compression: 'gzip' }, { fields: wide }).createObject()
    encoder.append(batch, null)
    expect(encoder.blockFull).toBe(true)
    const plain = encoder.bufferedBytes
    // Room that the text has not filled counts too.
    expect(plain).toBeGreaterThan(600 * '{"s":""}\n'.length + 600 * 2000)
    const [block] = await encoder.flush()
    expect(encoder.bufferedBytes).toBe(0)
    encoder.append(batch, null)
    expect(encoder.bufferedBytes).toBe(plain)
    expect(encoder.bufferedEncodedBytes).toBe(block.length)
  })
})

describe('the CSV writer', () => {
  const options = (more: Partial<CsvConfig> = {}): CsvConfig => ({ ...csvOptions(',').parse({}), ...more })

  it('writes names, quotes where needed, and nested values as JSON', async () => {
    const fields = [field('a,b', 'string'), field('n', { kind: 'decimal', precision: 10, scale: 2 }), field('v', { kind: 'struct', fields: [field('x', 'double')] }), field('d', 'date')]
    const batch = batchFrom(fields, ['{"a,b":"say \\"hi\\"\\n","n":1.50,"v":{"x":1},"d":"2026-03-01"}', '{"a,b":""}', '{"a,b":"=1+1"}'])
    const writer = createCsvWriter(options(), { fields }, CSV)
    expect(await textOf(writer, [batch])).toBe('"a,b",n,v,d\n"say ""hi""\n",1.50,"{""x"":1}",2026-03-01\n"",,,\n=1+1,,,\n')
    expect(writer.encodeRows?.(batch).map((row) => Buffer.from(row).toString()).at(-1)).toBe('=1+1,,,')
  })

  it('writes what its framer and reader give back', async () => {
    const fields = [field('a', 'string'), field('b', 'string')]
    const cell = fc.option(fc.string({ unit: fc.constantFrom('a', 'ü', '"', ',', ';', ' ', '\n', '\r', 'NULL') }))
    const rows = fc.array(fc.record({ a: cell, b: cell }), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom('', 'NULL'), fc.constantFrom(',', ';'), async (values, nullValue, separator) => {
        const config = options({ nullValue, separator })
        const batch = batchFrom(fields, values.map((value) => JSON.stringify(value)))
        const bytes = await objectOf(createCsvWriter(config, { fields }, CSV), [batch])
        const framer = createCsvFramer({ quote: config.quote, separator, maxRecordBytes: 1000 })
        const framed = framer.push(bytes)
        const records = Array.from(framed.starts, (start, i) => framed.bytes.subarray(start, framed.ends[i]))
        expect(framer.end()).toMatchObject({ starts: new Int32Array(0), problem: undefined })
        const decoded = createCsvDecoder(config, { fields }, STRICT).decode(recordsOf(records.slice(1), ['a', 'b']))
        expect(decoded.rejected).toEqual([])
        expect(linesOf(decoded.rows)).toEqual(linesOf(batch.rows))
      }),
    )
  })
})

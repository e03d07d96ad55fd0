import type { DecodePolicy, Decoded } from '@standpipe/core/component'
import type { Column, Field } from '@standpipe/core/model'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { field } from '../../decoded-lines.testing.js'
import { recordsOf } from '../../record-block.testing.js'
import { PlainReader } from '../plain-reader.js'
import { createJsonScanner } from './json-scanner.js'
import { OddJson } from './odd-json.testing.js'

const STRICT: DecodePolicy = { unknownFields: 'drop', unknownInto: '', typeMismatch: 'deadLetter' }

/** Everything in a column at a row, what lies below a null included. */
function contentOf(column: Column, row: number): unknown {
  const valid = column.valid[row]
  switch (column.storage) {
    case 'struct':
      return { valid, children: column.children.map((child) => contentOf(child, row)) }
    case 'list': {
      const [start, end] = [column.offsets[row], column.offsets[row + 1]]
      return { valid, elements: Array.from({ length: end - start }, (_, i) => contentOf(column.child, start + i)) }
    }
    case 'bytes':
      return valid === 1 ? Buffer.from(column.dictionary.valueAt(column.values[row])).toString('latin1') : null
    case 'int128':
      return valid === 1 ? [column.values[row * 2], column.values[row * 2 + 1]] : null
    default:
      return valid === 1 ? column.values[row] : null
  }
}

function outcomeOf({ rows, recordOfRow, ...rest }: Decoded): unknown {
  return { ...rest, records: recordOfRow === null ? null : [...recordOfRow], rows: Array.from({ length: rows.rowCount }, (_, row) => rows.columns.map((column) => contentOf(column, row))) }
}

function scanned(fields: readonly Field[], policy: Partial<DecodePolicy>, ...batches: readonly (readonly (string | Uint8Array)[])[]): unknown[] {
  const all = { ...STRICT, ...policy }
  const [scanner, plain] = [createJsonScanner({ fields }, all), new PlainReader({ fields }, all)]
  return batches.map((payloads) => {
    const outcome = scanner && outcomeOf(scanner.decode(recordsOf(payloads)))
    expect(outcome).toEqual(outcomeOf(plain.decode(recordsOf(payloads))))
    return outcome
  })
}

/** One random schema and policy, and two batches of random records for it. */
function compareOnce(seed: number): void {
  const odd = new OddJson(seed)
  const fields = [...odd.schemaFields(), field('rest', 'json')]
  const policy = { unknownFields: odd.pick(['drop', 'drop', 'keep', 'deadLetter'] as const), unknownInto: 'rest', typeMismatch: odd.pick(['deadLetter', 'null'] as const) }
  const batch = (): Uint8Array[] => Array.from({ length: odd.below(12) }, () => odd.record(odd.chance(0.98) ? fields.slice(0, -1) : []))
  scanned(fields, policy, batch(), batch())
}

it('reads what the plain reader reads, and refuses what it refuses, with the same reasons and counts', () => {
  fc.assert(fc.property(fc.integer(), compareOnce), { numRuns: 400, endOnFailure: true })
})

const LIST: Field = field('tags', { kind: 'list', element: field('element', 'string') })
const STRUCT: Field = field('v', { kind: 'struct', fields: [field('x', 'double'), field('y', 'int64', { nullable: false, default: 3 })] })

describe('the scanner', () => {
  afterEach(() => vi.restoreAllMocks())

  it('takes good records without the plain reader, whatever their order, gaps, strangers and spelling', () => {
    const parse = vi.spyOn(JSON, 'parse')
    const read = createJsonScanner(
      { fields: [field('s', 'string'), field('t', 'timestamp'), field('i', 'int32'), field('m', { kind: 'decimal', precision: 20, scale: 2 }), field('j', 'json'), LIST, STRUCT] },
      STRICT,
    )
    const payloads = [
      '{"s":"Größe \\n","t":"2026-03-01T09:30:15.5+09:00","i":-7,"m":-0.29,"j":{"a":[1e9]},"tags":["a",null],"v":{"x":1.5,"y":2}}',
      ' { "v" : {"y":null} , "stranger" : [ {"deep":"\\u00e9"} ], "tags" : [ ] , "s" : null } ',
      '{"other":1,"v":{"unknown":true},"i":5}',
      '{}',
    ]
    const decoded = read?.decode(recordsOf(payloads))
    expect(decoded).toMatchObject({ rejected: [], recordOfRow: null, unknownFields: 3 })
    expect(parse).not.toHaveBeenCalled()
  })

  it('does not complete a record that is cut off with the bytes of the next one', () => {
    const [outcome] = scanned([field('a', 'int64'), field('s', 'string'), LIST], {}, ['{"a":1', '}', '{"a":1', '2}', '{"s":"x', 'y"}', '{"tags":["a"', ',"b"]}', '{"u":[1,', '2]}', '{"a":1}', ' ', '{'])
    expect(outcome).toMatchObject({ records: [10] })
  })

  it('leaves no trace of a record that failed late in what follows', () => {
    const nested = field('l', { kind: 'list', element: field('element', { kind: 'struct', fields: [LIST, field('n', 'int64')] }) })
    scanned([nested, field('n', 'int64')], { typeMismatch: 'null' }, [
      '{"l":[{"tags":["a","b"],"n":1},{"tags":["c"]}],"n":1}',
      '{"l":[{"tags":["d","e"],"n":2},{"tags":["f","g"],"n":3},{"n":4}],"n":1.5}',
      '{"l":[{"n":5},null,{"tags":[null]}]}',
      '{"l":[{"tags":["h"],"n":6},{"tags":[7]}]}',
      '{"l":[{},{"tags":[]}]}',
    ])
  })

  it('counts names seen twice once, however they are written, and takes the last of them', () => {
    scanned([field('a', 'int64')], {}, ['{"a":1,"a":2}', '{"z":1,"z":2,"a":3}', '{"z":1,"\\u007a":2}', '{"\\ud800":1,"\\ud801":2,"\ufffd":3}', '{"":1,"":2}', '{"__proto__":1,"a":4}'])
  })

  it('knows more strange names than it remembers', () => {
    const strangers = (from: number, count: number): string => `{${Array.from({ length: count }, (_, i) => `"n${from + i}":${i}`).join(',')},"a":1}`
    scanned([field('a', 'int64')], {}, [strangers(0, 900), strangers(500, 3000), '{"n1":1,"a":2}', strangers(10_000, 20), strangers(0, 20).replace('}', ',"n3":1}')])
  })

  it('takes no bytes for the day that it read last', () => {
    const dates = ['1970-01-01', '1970-01-02', '1970-01-02', '1970-02-30', '1970-01-0\u0000', '\u0000\u0000\u0000\u0000-\u0000\u0000-\u0000\u0000', '????-??-??']
    for (const date of dates) {
      const payload = Buffer.from(`{"d":"${date}","t":"${date}T00:00:00.5Z"}`)
      scanned([field('d', 'date'), field('t', 'timestamp')], { typeMismatch: 'null' }, [payload, payload.map((byte) => (byte === 63 ? 0xff : byte)), '{"d":"2026-03-01"}', payload])
    }
  })

  it('stops looking up values that hardly repeat', () => {
    const read = createJsonScanner({ fields: [field('id', 'string'), field('kind', 'string')] }, STRICT)
    const decoded = read?.decode(recordsOf(Array.from({ length: 20_000 }, (_, i) => `{"id":"${i}","kind":"k${i % 7}"}`)))
    const [ids, kinds] = decoded?.rows.columns ?? []
    expect(ids.storage === 'bytes' && kinds.storage === 'bytes' && [ids.dictionary.unique, kinds.dictionary.unique, kinds.dictionary.size]).toEqual([false, true, 7])
    expect([contentOf(ids, 0), contentOf(ids, 19_999)]).toEqual(['0', '19999'])
  })

  it('numbers values so that the values of another batch find them', () => {
    const texts = ['', 'a', 'ab', 'abc', 'abcd', 'abcdefghijklmnop', 'a longer text, of more than sixteen and thirty-two bytes', 'Größe', '한국어']
    const read = createJsonScanner({ fields: [field('s', 'string')] }, STRICT)
    const [column] = read?.decode(recordsOf(texts.map((text) => JSON.stringify({ s: text })))).rows.columns ?? []
    const numbers = column.storage === 'bytes' ? texts.map((text) => column.dictionary.internText(text)) : []
    expect(numbers).toEqual(texts.map((_, i) => i))
  })

  it('keeps to its memory where each record is cut off within a long text, and reads the next batch as before', () => {
    const cutOff = Array.from({ length: 300 }, (_, i) => `{"s":"${String(i).repeat(50)}`)
    const lists = Array.from({ length: 300 }, (_, i) => `{"tags":["${i}","x",`)
    scanned([field('s', 'string'), LIST], {}, [...cutOff, ...lists, '{"s":"x","tags":["y"]}'], ['{"s":"x","tags":["y"]}'], Array.from({ length: 5000 }, (_, i) => `{"s":"${i}","tags":["${i}",null]}`))
  })

  it('recovers after many records that it cannot take', () => {
    const parse = vi.spyOn(JSON, 'parse')
    const read = createJsonScanner({ fields: [field('n', 'int64')] }, STRICT)
    const payloads = Array.from({ length: 1000 }, (_, i) => (i < 200 ? '{"n":"x"}' : '{"n":1}'))
    const decoded = read?.decode(recordsOf(payloads))
    expect(decoded?.rejected).toHaveLength(200)
    expect(parse.mock.calls.length).toBeLessThan(220)
  })

  it('does not support fields that read one name, nor names that are no text', () => {
    expect(createJsonScanner({ fields: [field('a', 'string'), field('b', 'string', { from: 'a' })] }, STRICT)).toBeUndefined()
    expect(createJsonScanner({ fields: [{ ...STRUCT, type: { kind: 'struct', fields: [field('\ud800', 'string')] } }] }, STRICT)).toBeUndefined()
  })

  it('reads sets whose payloads lie apart', () => {
    const { count, payload, position, arrival, origin } = recordsOf(['{"a":1}', '{"a":"x"}'])
    const read = createJsonScanner({ fields: [field('a', 'int64')] }, STRICT)
    expect(read?.decode({ count, payload, position, arrival, origin })).toMatchObject({ rejected: [{ record: 1 }] })
  })
})

it('reads every double as it is rounded', () => {
  const digits = fc.stringMatching(/^-?(0|[1-9]\d{0,18})(\.\d{1,18})?([eE][+-]?\d{1,3})?$/)
  const written = fc.oneof(digits, fc.double({ noNaN: true, noDefaultInfinity: true }).map(String))
  fc.assert(
    fc.property(fc.array(written, { maxLength: 30 }), (numbers) => {
      scanned([field('n', 'double'), field('f', 'float', { from: 'g' })], {}, numbers.map((number) => `{"n":${number},"g":${number}}`))
    }),
    { numRuns: 100 },
  )
})

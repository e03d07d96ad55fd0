import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCsvFramer, createJsonArrayFramer, createLineFramer, type Framed, type Framer } from './index.js'

interface Found {
  readonly records: readonly { readonly text: string; readonly next: number; readonly line: number }[]
  readonly oversized: readonly unknown[]
  readonly problem?: string
}

function frame(framer: Framer, stream: Uint8Array, cuts: readonly number[]): Found {
  const records: { text: string; next: number; line: number }[] = []
  const oversized: unknown[] = []
  const collect = (framed: Framed): void => {
    framed.starts.forEach((start, i) => {
      records.push({ text: Buffer.from(framed.bytes.subarray(start, framed.ends[i])).toString(), next: framed.next[i], line: framed.lines[i] })
    })
    oversized.push(...framed.oversized)
  }
  let from = 0
  for (const cut of [...cuts, stream.length]) {
    // A chunk of its own, wiped after use: nothing may be kept of it uncopied.
    const chunk = Buffer.from(stream.subarray(from, cut))
    collect(framer.push(chunk))
    chunk.fill(0x58)
    from = cut
  }
  const rest = framer.end()
  collect(rest)
  return { records, oversized, problem: rest.problem }
}

const texts = (found: Found): readonly string[] => found.records.map(({ text }) => text)
const all = (framer: Framer, text: string): Found => frame(framer, Buffer.from(text), [])
const NO_LIMIT = { maxRecordBytes: 1_000_000 }

const KINDS: readonly [string, (limit: { maxRecordBytes: number; offset?: number; line?: number }) => Framer, readonly string[]][] = [
  ['lines', createLineFramer, ['a', 'bc', '\n', '\r\n', '\r', '"', '', 'longer text']],
  ['CSV', (limit) => createCsvFramer({ ...limit, quote: '"' }), ['a', ',', '"', '""', '\n', '\r\n', ',"', '",', '"\n', '5" pipe']],
  ['JSON', createJsonArrayFramer, ['[', ']', '{', '}', ',', ' ', '\n', '"', '\\"', '\\', '1', 'true', '{"a":"]"}', '[1,[2]]']],
]

const WELL_FORMED_JSON = fc
  .array(fc.tuple(fc.jsonValue(), fc.constantFrom(0, 2)), { maxLength: 4 })
  .map((values) => Buffer.from(values.map(([value, indent]) => JSON.stringify(value, null, indent)).join('\n')))

describe.each(KINDS)('the framer of %s', (name, create, alphabet) => {
  const stream = fc.array(fc.constantFrom(...alphabet), { maxLength: 30 }).map((parts) => Buffer.from(parts.join('')))

  it('finds the same records however the stream is cut', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(200), { maxLength: 8 }), fc.integer({ min: 1, max: 30 }), (bytes, places, maxRecordBytes) => {
        const cuts = places.map((place) => Math.min(place, bytes.length)).sort((a, b) => a - b)
        const whole = frame(create({ maxRecordBytes }), bytes, [])
        expect(frame(create({ maxRecordBytes }), bytes, cuts)).toEqual(whole)
        expect(frame(create({ maxRecordBytes }), bytes, Array.from(bytes.keys()))).toEqual(whole)
      }),
      { numRuns: 400 },
    )
  })

  it('resumes after any record with the same rest', () => {
    fc.assert(
      fc.property(name === 'JSON' ? WELL_FORMED_JSON : stream, fc.nat(), (bytes, pick) => {
        const whole = frame(create(NO_LIMIT), bytes, [])
        if (whole.records.length === 0) return
        const at = pick % whole.records.length
        const { next } = whole.records[at]
        const line = 1 + bytes.subarray(0, next).filter((byte) => byte === 10).length
        const resumed = frame(create({ ...NO_LIMIT, offset: next, line }), bytes.subarray(next), [])
        expect(resumed.records).toEqual(whole.records.slice(at + 1))
      }),
      { numRuns: 400 },
    )
  })
})

describe('the line framer', () => {
  it('skips empty lines, takes off carriage returns, and gives a last line without a newline', () => {
    const found = all(createLineFramer(NO_LIMIT), 'a\r\n\r\n\nb b\nc')
    expect(found.records).toEqual([
      { text: 'a', next: 3, line: 1 },
      { text: 'b b', next: 10, line: 4 },
      { text: 'c', next: 11, line: 5 },
    ])
  })

  it('gives the chunk itself where nothing was carried over', () => {
    const chunk = Buffer.from('a\nb\n')
    expect(createLineFramer(NO_LIMIT).push(chunk).bytes).toBe(chunk)
  })

  it('lists a record beyond the limit by its place, and goes on', () => {
    const found = frame(createLineFramer({ maxRecordBytes: 4 }), Buffer.from('1234\n12345\nab\n'), [7, 9])
    expect(texts(found)).toEqual(['1234', 'ab'])
    expect(found.oversized).toEqual([{ startOffset: 5, endOffset: 11, line: 2 }])
  })
})

describe('the CSV framer', () => {
  it('keeps newlines inside quotes', () => {
    const found = all(createCsvFramer({ ...NO_LIMIT, quote: '"' }), 'a,"x\ny ""z""\r\n",b\r\n5" pipe,1\n\nlast')
    expect(found.records.map(({ text, line }) => [text, line])).toEqual([
      ['a,"x\ny ""z""\r\n",b', 1],
      ['5" pipe,1', 4],
      ['last', 6],
    ])
  })

  it('names the record whose quote is not closed, and still gives it', () => {
    const found = all(createCsvFramer({ ...NO_LIMIT, quote: '"' }), 'a\nb,"c\nd')
    expect(texts(found)).toEqual(['a', 'b,"c\nd'])
    expect(found.problem).toBe('the quote in the record at line 2 is not closed')
  })
})

describe('the JSON framer', () => {
  it('gives the elements of a pretty-printed array', () => {
    const values = [{ a: ['[', { b: '\\"' }] }, [1, [2]], 'x,]', -1.5, null]
    const found = all(createJsonArrayFramer(NO_LIMIT), JSON.stringify(values, null, 2))
    expect(texts(found).map((text) => JSON.parse(text) as unknown)).toEqual(values)
    expect(found.records[0].line).toBe(2)
    expect(found.problem).toBeUndefined()
  })

  it('gives top-level values one after another, and arrays among them', () => {
    expect(texts(all(createJsonArrayFramer(NO_LIMIT), '{"a":1}{"b":2}\n[3,{"c":4}] 5'))).toEqual(['{"a":1}', '{"b":2}', '3', '{"c":4}', '5'])
  })

  it.each([
    ['[{"a":1},{"b":', ['{"a":1}', '{"b":'], 'the value that starts at line 1 is not closed'],
    ['\n[{"a":1},', ['{"a":1}'], 'the array that starts at line 2 is not closed'],
  ])('says what was cut off in %j', (text, records, problem) => {
    expect(all(createJsonArrayFramer(NO_LIMIT), text)).toMatchObject({ records: records.map((record) => ({ text: record })), problem })
  })

  it('gives what is no JSON as a record, so that it is not lost', () => {
    expect(texts(all(createJsonArrayFramer(NO_LIMIT), '[{"a":1} oops, {"b":2}] }'))).toEqual(['{"a":1}', 'oops', '{"b":2}', '}'])
  })
})

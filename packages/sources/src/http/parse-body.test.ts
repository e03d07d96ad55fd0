import { createJsonArrayFramer } from '@standpipe/formats'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asBuffer } from '../journal/entry.js'
import { bindBodyFormat } from './body-format.js'
import { httpConfig } from './http-config.js'
import { parseBody, type ParsedBody, type ParseOptions } from './parse-body.js'

const OPTIONS: ParseOptions = { recordBytes: 1_000, maxRecords: 1_000_000, lanes: 4, keepBadRecords: true, partitionKey: undefined, headerValue: () => undefined, hold: () => undefined }

function parse(text: string | Buffer, options: Partial<ParseOptions> = {}, type = 'application/json'): Promise<ParsedBody> {
  const format = bindBodyFormat(httpConfig.parse({ format: type.includes('json') ? 'json' : 'csv' }).format)
  return parseBody(Buffer.from(text), format.reading(type), { ...OPTIONS, ...options })
}

const texts = ({ records }: ParsedBody): string[] => Array.from({ length: records.count }, (_, i) => asBuffer(records.bytes).toString('utf8', records.starts[i], records.ends[i]))

/** Cut by brackets and quotes, and each checked by JSON.parse. */
function plainly(text: string): { texts: string[]; bad: number[] } {
  const framer = createJsonArrayFramer({ maxRecordBytes: Number.MAX_SAFE_INTEGER })
  const found: string[] = []
  for (const { bytes, starts, ends } of [framer.push(Buffer.from(text)), framer.end()]) {
    starts.forEach((start, i) => found.push(Buffer.from(bytes).toString('utf8', start, ends[i])))
  }
  const isBad = (one: string): boolean => {
    try {
      JSON.parse(one)
      return false
    } catch {
      return true
    }
  }
  return { texts: found, bad: found.flatMap((one, i) => (isBad(one) ? [i] : [])) }
}

describe('a body of JSON', () => {
  it('is cut into the elements of its array, whatever is in them and between them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.json(), { maxLength: 6 }), fc.constantFrom('', ' ', '\r\n\t'), async (elements, blank) => {
        const parsed = await parse(`${blank}[${blank}${elements.join(`${blank},${blank}`)}${blank}]${blank}`)
        expect(texts(parsed)).toEqual(elements)
        expect(parsed.problems.size).toBe(0)
      }),
      { numRuns: 300 },
    )
  })

  it('is cut around what is bad in it as the framer cuts it, and that is named by its index', async () => {
    const pieces = fc.constantFrom('{"a":1}', '[1,[2]]', '"x,]"', '1', '{x}', 'oops', '{"a"', '}', ',', ' ', '\n', '01', '"', ']')
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 8 }), async (parts) => {
        const text = `[${parts.join(',')}]`
        const expected = plainly(text)
        const parsed = await parse(text).catch((error: unknown) => error)
        if (parsed instanceof Error) expect(parsed).toMatchObject({ status: 400, reason: expect.stringMatching(/^the body is cut off/) as string })
        else expect({ texts: texts(parsed as ParsedBody), bad: [...(parsed as ParsedBody).problems.keys()] }).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('has records that lie across the pieces it is cut in', async () => {
    const values = Array.from({ length: 30_000 }, (_, id) => ({ id, text: 'x'.repeat(id % 150) }))
    for (const [text, type] of [
      [JSON.stringify(values), 'application/json'],
      [JSON.stringify([...values, { long: 'y'.repeat(2_000) }]), 'application/json'],
      [values.map((value) => JSON.stringify(value)).join('\n'), 'application/x-ndjson'],
      [`id,text\n${values.map(({ id, text }) => `${id},"${text}"`).join('\n')}`, 'text/csv'],
    ] as const) {
      expect(text.length).toBeGreaterThan(2 * 1024 * 1024)
      const parsed = await parse(text, {}, type)
      const found = texts(parsed).slice(0, values.length)
      const ids = found.map((one) => (type === 'text/csv' ? Number(one.split(',')[0]) : (JSON.parse(one) as { id: number }).id))
      expect(ids).toEqual(values.map(({ id }) => id))
      expect([...parsed.problems.keys()]).toEqual(parsed.count > values.length ? [values.length] : [])
    }
  })

  it('has no more records than are allowed', async () => {
    for (const text of ['[1,2,3,4]', '[1,2,3,x]', '[1,2,3,4,', `[${'1,'.repeat(1_000_000)}1]`]) {
      await expect(parse(text, { maxRecords: 3 })).rejects.toMatchObject({ status: 413, reason: 'the body has more than 3 records (limits.records)' })
    }
    expect((await parse('[1,2,3]', { maxRecords: 3 })).count).toBe(3)
  })

  it('gives bad records the key of the header, and good ones that of their field', async () => {
    const { records } = await parse('[{"k":"a"},{x},{"k":null},{"k":"a"}]', { partitionKey: { field: 'k' } })
    expect([0, 1, 2, 3].map((i) => records.details?.partitionKey(i))).toEqual(['a', undefined, undefined, 'a'])
    expect([0, 1, 2, 3].map((i) => records.details?.problem(i)?.message)).toEqual([undefined, 'not valid JSON', undefined, undefined])
    expect(records.lanes?.[0]).toBe(records.lanes?.[3])
    const shared = await parse('[{"k":"a"},{x}]', { partitionKey: { header: 'X-Key' }, headerValue: (name) => `of ${name}` })
    expect([0, 1].map((i) => shared.records.details?.partitionKey(i))).toEqual(['of X-Key', 'of X-Key'])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEntry, encodeEntry, ENTRY_HEAD_BYTES, isWhole, readEntryHead, recordBytes, sealEntry, type JournalEntry } from './entry.js'
import { packRecords, type JournalRecord } from './pack-records.js'

const text = fc.string({ unit: 'binary', maxLength: 20 })
const record: fc.Arbitrary<JournalRecord> = fc.record(
  { lane: fc.nat(65_535), payload: fc.uint8Array({ maxLength: 40 }), partitionKey: fc.oneof(text, fc.constant('"c":')), problem: fc.record({ code: text, message: text }) },
  { requiredKeys: ['lane', 'payload'] },
)

function recordsOf({ records }: JournalEntry): JournalRecord[] {
  return Array.from({ length: records.count }, (_, i) => ({
    lane: records.lanes?.[i] ?? 0,
    payload: new Uint8Array(records.bytes.subarray(records.starts[i], records.ends[i])),
    partitionKey: records.details?.partitionKey(i),
    problem: records.details?.problem(i),
  }))
}

describe('an entry', () => {
  it('is read as it was written, with keys and problems of single records', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 10 }), fc.option(text, { nil: undefined }), fc.nat(), (records, key, durableBytes) => {
        const entry: JournalEntry = { arrivalMs: 1_800_000_000_123, stream: key ?? '', key, fingerprint: key === undefined ? undefined : Buffer.alloc(16, 7), header: key === undefined ? undefined : [key, 'b'], records: packRecords(records) }
        const bytes = encodeEntry(entry)
        sealEntry(bytes, durableBytes % 2 ** 32)
        expect(isWhole(bytes)).toBe(true)
        expect(readEntryHead(bytes.subarray(0, ENTRY_HEAD_BYTES))).toEqual({ bytes: bytes.length, durableBytes: durableBytes % 2 ** 32 })
        const read = decodeEntry(bytes)
        expect(recordsOf(read)).toEqual(records.map(({ lane, payload, partitionKey, problem }) => ({ lane, payload: new Uint8Array(payload), partitionKey, problem })))
        expect([read.arrivalMs, read.stream, read.key, read.header]).toEqual([entry.arrivalMs, entry.stream, entry.key, entry.header])
        expect(recordBytes(read.records)).toBe(recordBytes(entry.records))
      }),
    )
  })

  it('is not whole when any bit of it changed', () => {
    const bytes = encodeEntry({ arrivalMs: 1, stream: '', records: packRecords([{ lane: 3, payload: Buffer.from('{"a":1}') }]) })
    sealEntry(bytes, 40)
    for (let bit = 32; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3] ^= 1 << (bit & 7)
      expect(isWhole(bytes)).toBe(false)
      bytes[bit >> 3] ^= 1 << (bit & 7)
    }
  })

  it('is read as the first version wrote it', () => {
    // Written by an earlier commit of the repository: a keyed entry of two records, the second one bad.
    const bytes = Buffer.from(FIRST_VERSION, 'hex')
    expect(isWhole(bytes)).toBe(true)
    expect(recordsOf(decodeEntry(bytes))).toEqual([
      { lane: 1, payload: new Uint8Array(Buffer.from('{"a":1}')), partitionKey: 'k', problem: undefined },
      { lane: 0, payload: new Uint8Array(Buffer.from('{x')), partitionKey: undefined, problem: { code: 'DataFormatConversion.ParseError', message: 'not valid JSON' } },
    ])
    expect(decodeEntry(bytes)).toMatchObject({ arrivalMs: 1_800_000_000_000, stream: '/a', key: '/a\nr1' })
  })
})

const FIRST_VERSION = '53504a45b64fbb15a000000028000000000000c585317a42360000007b2273223a222f61222c226b223a222f615c6e7231222c2266223a22427763484277634842776348427763484277634842773d3d227d02000000010009000000070000007b2270223a226b227d7b2261223a317d00003c000000020000007b2263223a2244617461466f726d6174436f6e76657273696f6e2e50617273654572726f72222c226d223a226e6f742076616c6964204a534f4e227d7b78'

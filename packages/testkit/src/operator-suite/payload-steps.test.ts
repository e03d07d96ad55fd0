import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PAYLOAD_OPERATORS } from '@standpipe/core'
import type { OperatorDefinition } from '@standpipe/core/component'
import { Batch, Hold, originalPayload, RAW_SCHEMA, type RecordSet } from '@standpipe/core/model'
import { bindOperator, runBatches, type OperatorRun } from './operator-run.js'

function payloadBatch(payloads: readonly (string | Uint8Array)[]): Batch {
  const bytes = payloads.map((payload) => (typeof payload === 'string' ? Buffer.from(payload) : payload))
  const records: RecordSet = {
    count: bytes.length,
    payload: (i) => bytes[i],
    position: (i) => String(i).padStart(3, '0'),
    arrival: (i) => 1_000 + i,
    origin: (i) => `record ${i}`,
  }
  return new Batch({
    shard: 's',
    records,
    rows: { schema: RAW_SCHEMA, rowCount: bytes.length, columns: [] },
    recordOfRow: null,
    selection: null,
    progress: new Hold(() => undefined),
    memory: new Hold(() => undefined),
  })
}

async function through(name: string, config: unknown, payloads: readonly (string | Uint8Array)[]): Promise<{ run: OperatorRun; out: string[]; batch: Batch }> {
  const definition = PAYLOAD_OPERATORS.find((one) => one.name === name) as OperatorDefinition
  const run = await runBatches(await bindOperator(definition, config, RAW_SCHEMA), [payloadBatch(payloads)])
  const [batch] = run.emitted
  return { run, batch, out: Array.from({ length: batch.rowCount }, (_, i) => Buffer.from(batch.records.payload(batch.recordAt(batch.rowAt(i)))).toString()) }
}

const json = fc.record({ a: fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(null)), b: fc.jsonValue({ maxDepth: 3 }) })

describe('decompress', () => {
  it('gives the bytes, and keeps what came for dead letters', async () => {
    const packed = gzipSync('hello')
    const { out, batch } = await through('decompress', {}, [packed])
    expect(out).toEqual(['hello'])
    expect(Buffer.from(originalPayload(batch.records, 0))).toEqual(packed)
  })

  it('rejects what is no gzip, is cut, or would grow beyond the limit, each alone', async () => {
    const { out, run } = await through('decompress', { limit: '1KiB' }, ['plain', gzipSync('fine'), gzipSync('cut').subarray(0, 12), gzipSync(Buffer.alloc(1_000_000))])
    expect(out).toEqual(['fine'])
    expect(run.rejected.map(({ position, rejection }) => [position, rejection.code, rejection.errorOutputType])).toEqual(
      ['000', '002', '003'].map((position) => [position, 'Decompression.Failed', 'decompression-failed']),
    )
    expect(run.rejected[2].rejection.message).toContain('more than 1 KiB')
  })
})

describe('extractMessages', () => {
  const message = (messages: readonly unknown[], messageType = 'DATA_MESSAGE'): string =>
    JSON.stringify({ messageType, owner: '1', logGroup: 'g', logEvents: messages.map((text, i) => ({ id: String(i), timestamp: i, message: text })) })

  it('keeps the messages, drops control messages, and rejects what is neither', async () => {
    const { out, run } = await through('extractMessages', {}, [message(['one', '{"two":2}']), message(['test'], 'CONTROL_MESSAGE'), '{}', 'text', message([3])])
    expect(out).toEqual(['one\n{"two":2}\n'])
    expect([run.dropped, run.rejected.map(({ position }) => position)]).toEqual([1, ['002', '003', '004']])
  })
})

describe('deaggregate', () => {
  it('takes objects that follow one another, also over lines, and gives each the position of its payload', async () => {
    const { out, run, batch } = await through('deaggregate', 'json', ['{"a":1}{"a":"}{"}\n {"a":\n[1,\r\n2]}', '  ', '{"a":9}'])
    expect(out).toEqual(['{"a":1}', '{"a":"}{"}', '{"a":[1,2]}', '{"a":9}'])
    expect(Array.from(batch.selection ?? [], (i) => [batch.records.position(i), batch.records.origin(i)])).toEqual([
      ['000', 'record 0 part 1'],
      ['000', 'record 0 part 2'],
      ['000', 'record 0 part 3'],
      ['002', 'record 2 part 1'],
    ])
    expect([run.added, run.dropped]).toEqual([2, 1])
  })

  it('rejects a payload whole where a piece of it is no object', async () => {
    const { out, run } = await through('deaggregate', 'json', ['[{"a":1}]', '{"a":1} x', '{"a":1}{"a":', '{"a" 1}', '{"a":1}}', '"{}"'])
    expect(out).toEqual([])
    expect(run.rejected).toHaveLength(6)
  })

  it('gives any objects back, whatever stands between them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(json, fc.constantFrom('', ' ', '\n', '\r\n\t')), { maxLength: 6 }), fc.constantFrom(0, 2), async (parts, indent) => {
        const { out } = await through('deaggregate', 'json', [parts.map(([value, space]) => JSON.stringify(value, null, indent) + space).join(''), '{}'])
        expect(out.slice(0, -1).map((text) => JSON.parse(text) as unknown)).toEqual(parts.map(([value]) => JSON.parse(JSON.stringify(value)) as unknown))
      }),
      { numRuns: 60 },
    )
  })

  it('splits at a delimiter, which puts them together again', async () => {
    expect((await through('deaggregate', { delimiter: '##' }, ['a##b##', '##', 'c'])).out).toEqual(['a', 'b', '', 'c'])
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é') }), { minLength: 1, maxLength: 8 }), async (parts) => {
        const { out } = await through('deaggregate', { delimiter: '|' }, [`${parts.join('|')}|`])
        expect(out).toEqual(parts)
      }),
      { numRuns: 60 },
    )
  })
})

describe('delimit', () => {
  it('puts the delimiter behind every payload', async () => {
    expect((await through('delimit', {}, ['a', 'b\n', ''])).out).toEqual(['a\n', 'b\n\n', '\n'])
    expect((await through('delimit', '||', ['a'])).out).toEqual(['a||'])
  })
})

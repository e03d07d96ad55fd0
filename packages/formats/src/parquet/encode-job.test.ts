import fc from 'fast-check'
import { expect, it } from 'vitest'
import { loadCodec } from './codec.js'
import { encodeJob, receiveGroup, run, type EncodedGroup, type EncodeJob, type EncodeSettings } from './encode-job.js'
import { anyRows, anySchema } from './random-rows.testing.js'
import { RowBuffer, type BufferedRows } from './row-buffer.js'
import { encodeRowGroup } from './row-group.js'
import { batchOf, columnsFromRows } from './rows.testing.js'
import { createSchemaTree } from './schema-tree.js'

it('gives on another thread the bytes and the description that a row group has here', async () => {
  const cases = anySchema().chain((schema) => fc.record({ schema: fc.constant(schema), pieces: fc.array(anyRows(schema, 30), { minLength: 1, maxLength: 3 }) }))
  await fc.assert(
    fc.asyncProperty(cases, fc.nat(1000), async ({ schema, pieces }, offset) => {
      const settings: EncodeSettings = { schema, timestamps: 'micros', compression: 'snappy', level: 1, pageBytes: 4096, encodings: { dictionary: true, delta: true } }
      const buffer = new RowBuffer(schema)
      for (const rows of pieces) if (rows.length > 0) buffer.append(batchOf(columnsFromRows(schema, rows)), null)
      const rows: BufferedRows | undefined = buffer.take()
      if (rows === undefined) return
      const nodes = createSchemaTree(schema, 'micros')
      const codec = await loadCodec('snappy', 1)
      const { value } = await run(structuredClone<EncodeJob>(encodeJob(settings, rows, offset)))
      const encoded = value as EncodedGroup
      const here: Uint8Array[] = []
      expect(receiveGroup(encoded, nodes, codec)).toEqual(encodeRowGroup(nodes, rows, offset, { codec, pageBytes: 4096, encodings: settings.encodings }, here))
      expect(Buffer.from(encoded.bytes)).toEqual(Buffer.concat(here))
    }),
    { numRuns: 60 },
  )
})

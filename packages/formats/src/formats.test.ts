import type { FormatDefinition } from '@standpipe/core/component'
import { describe, expect, it } from 'vitest'
import { batchOf, field } from './decoded-lines.testing.js'
import { csvFormat, jsonFormat, jsonlFormat, openxFormat, rawFormat, tsvFormat } from './index.js'
import { recordsOf } from './record-block.testing.js'

const schema = { fields: [field('time', 'string'), field('kwh', 'double')] }
const policy = { unknownFields: 'drop', unknownInto: '', typeMismatch: 'deadLetter' } as const
const context = { pipeline: 'test', directory: '.', warn: () => undefined }
const payloads = { json: '{"time":"t","kwh":1}', jsonl: '{"time":"t","kwh":1}', openx: '{"Time":"t","kwh":"1"}', tsv: 't\t1', raw: '' }

describe.each([jsonFormat, jsonlFormat, openxFormat, csvFormat, tsvFormat, rawFormat] as readonly FormatDefinition[])('format $name', (format) => {
  it.each(format.examples)('works as in the example: $title', async ({ config }) => {
    const options = format.config.parse(config)
    const { separator = ',' } = config as { separator?: string }
    const payload = format.name === 'csv' ? `t${separator}1` : payloads[format.name as keyof typeof payloads]
    const decoded = format.bindReader?.(options, schema, policy, context).decode(recordsOf([payload]))
    expect(decoded?.rejected ?? []).toEqual([])
    expect(decoded?.rows.rowCount ?? 1).toBe(1)
    if (decoded === undefined || format.bindWriter === undefined) return
    const writer = await format.bindWriter(options, schema, context)
    const encoder = writer.createObject()
    encoder.append(batchOf(decoded.rows), null)
    expect((await encoder.finish({})).length).toBe(1)
    expect(writer.extension).toMatch(/^\.(jsonl|csv|tsv)(\.gz|\.zst)?$/)
  })

  it('describes every option', () => {
    const { shape } = format.config as unknown as { shape: Record<string, { description?: string }> }
    for (const [name, option] of Object.entries(shape)) expect(option.description, name).toMatch(/\.$|;/)
  })
})

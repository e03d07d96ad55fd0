import { ConfigProblemError, defineFormat } from '@standpipe/core/component'
import { z } from 'zod'
import { OpenXReader } from './openx-reader.js'

/** JSON as Firehose's format conversion reads it. */
export const openxFormat = defineFormat({
  name: 'openx',
  summary: "JSON as Amazon Data Firehose's format conversion reads it (OpenX SerDe). Read only.",
  stability: 'beta',
  description: [
    'A record holds one JSON object or several, one after another; each is a row. Keys are compared without case at every depth. Values are fitted',
    'to their type: a number or boolean to text and a text to a number or boolean; an object or list in a `string` field is its JSON text; one',
    'value is a list of one; a list fills the members of a struct by position. A timestamp may be `2026-03-01T14:05:09.123Z`,',
    '`2026-3-1 14:05:09`, or epoch seconds or milliseconds. What fits nothing makes the record a dead letter. `json` is strict, and faster.',
  ].join('\n'),
  needsSchema: true,
  config: z.strictObject({
    caseInsensitive: z.boolean().default(true).describe('Whether keys are compared without case.'),
    dotsToUnderscores: z.boolean().default(false).describe('Whether a dot in a key is read as an underscore.'),
    keys: z.record(z.string().min(1), z.string().min(1)).default({}).describe('Key of a field in the input, where it is not its name: `{ ts: timestamp }`.'),
  }),
  examples: [
    { title: 'As Firehose does by default', config: {} },
    { title: 'A field of another name', config: { keys: { time: 'timestamp' }, dotsToUnderscores: true } },
  ],
  bindReader({ keys, ...folding }, schema, policy) {
    const stranger = Object.keys(keys).find((name) => !schema.fields.some((field) => field.name === name))
    if (stranger !== undefined) throw new ConfigProblemError(`unknown field \`${stranger}\``, { path: ['keys', stranger] })
    if (policy.unknownFields === 'keep') throw new ConfigProblemError('`openx` does not keep unknown fields', { hint: 'use `json`, or `unknownFields: drop`' })
    return new OpenXReader(schema, policy, folding, keys)
  },
})

import { defineFormat } from '@standpipe/core/component'
import { z } from 'zod'
import { createJsonDecoder } from './decoder.js'

/** JSON: each record is one JSON object, on one line or many. */
export const jsonFormat = defineFormat({
  name: 'json',
  summary: 'JSON: each record is one JSON object. Read only; write `jsonl`.',
  stability: 'beta',
  description: 'Strict JSON in UTF-8 without a byte order mark, at most 512 levels deep; of equal names the last wins. Integers and decimals without loss.',
  needsSchema: true,
  config: z.strictObject({}),
  examples: [{ title: 'As it is', config: {} }],
  bindReader: (_config, schema, policy) => createJsonDecoder(schema, policy),
})

import { createHash, createHmac } from 'node:crypto'
import { z } from 'zod'
import { ConfigProblemError, defineOperator } from '../component/index.js'
import { formatType, type DataType } from '../model/index.js'
import { madeField } from './bind-field.js'
import { mapBatches } from './map-batches.js'
import { bindFieldPath, replaceColumn, replaceField } from './replace-field.js'
import { mapToText } from './text-column.js'

const STRING: DataType = { kind: 'string' }

/** Replaces values by their hash. */
export const hash = defineOperator({
  name: 'hash',
  summary: 'Replaces values by their hash, so that they can be compared but not read.',
  stability: 'beta',
  description:
    'The field becomes a string of hexadecimal digits. Hashed are the bytes of a text, and the written form of any other value. Null stays null. ' +
    'Where there are few possible values (phone numbers, names), plain sha256 can be reversed by trying them all: use `hmac-sha256` with a secret key.',
  config: z.strictObject({
    fields: z.array(z.string()).min(1).describe('Fields to hash; members of structs are named with a dot.'),
    algorithm: z.enum(['sha256', 'hmac-sha256']).default('sha256').describe('`hmac-sha256` needs `key`.'),
    key: z.string().min(1).optional().describe('The secret of `hmac-sha256`; give it as `${NAME}` or `${file:PATH}`.'),
    length: z.int().min(8).max(64).default(64).describe('How many hexadecimal digits to keep, from the start.'),
  }),
  examples: [
    { title: 'A pseudonym that only the holder of the key can make', config: { fields: ['device_id'], algorithm: 'hmac-sha256', key: '${HASH_KEY}', length: 32 } },
  ],
  bind(config, schema) {
    const { algorithm, key, length } = config
    if (algorithm === 'hmac-sha256' && key === undefined) throw new ConfigProblemError('`hmac-sha256` needs a `key`', { path: ['algorithm'] })
    if (algorithm === 'sha256' && key !== undefined) {
      throw new ConfigProblemError('plain `sha256` uses no key', { path: ['key'], hint: 'use `algorithm: hmac-sha256`' })
    }
    const digest = (value: Uint8Array): string =>
      (key === undefined ? createHash('sha256') : createHmac('sha256', key)).update(value).digest('hex').slice(0, length)

    let output = schema
    const steps = config.fields.map((name, i) => {
      const field = bindFieldPath(name, schema, ['fields', i])
      if (field.type.kind === 'struct' || field.type.kind === 'list') {
        throw new ConfigProblemError(`${formatType(field.type)} cannot be hashed`, { path: ['fields', i] })
      }
      output = replaceField(output, field, (before) => madeField(before, { type: STRING }))
      return { field, schema: output }
    })
    return {
      schema: output,
      traits: { deterministic: true, stateful: false },
      run: () =>
        mapBatches((batch) =>
          steps.reduce((before, step) => replaceColumn(before, step.field, step.schema, (column) => mapToText(before, column, STRING, digest)), batch),
        ),
    }
  },
})

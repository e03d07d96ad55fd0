import { RE2JS } from 're2js'
import { z } from 'zod'
import { ConfigProblemError, defineOperator } from '../component/index.js'
import { formatType } from '../model/index.js'
import { mapBatches } from './map-batches.js'
import { bindFieldPath, replaceColumn } from './replace-field.js'
import { mapToText } from './text-column.js'

const way = {
  with: z.string().default('***').describe('What stands for what is hidden.'),
  keepLast: z.int().min(0).default(0).describe('How many characters at the end stay readable. A value not longer than that is hidden whole.'),
}
const fieldWay = z.strictObject({
  ...way,
  pattern: z.string().optional().describe('Hide only what matches this regular expression (RE2), everywhere in the value.'),
})

/** Hides text in string fields. */
export const mask = defineOperator({
  name: 'mask',
  summary: 'Hides personal data in text fields.',
  stability: 'beta',
  description:
    'Null stays null. Members of structs are named with a dot. Dead letters keep the record as it was read: choose where they go with the same care. ' +
    'For fields that are no text, use `select` to drop them or `hash`.',
  config: z.union([
    z.strictObject({ fields: z.array(z.string()).min(1).describe('String fields, all masked the same way.'), ...way }),
    z.strictObject({ fields: z.record(z.string(), fieldWay).describe('String fields, each with its own way.') }),
  ]),
  examples: [
    { title: 'All but the last four characters', config: { fields: ['device_id'], keepLast: 4 } },
    { title: 'What looks like a number', config: { fields: { device_id: { pattern: '[0-9]{3,}', with: '#' } } } },
  ],
  bind(config, schema) {
    const ways = Array.isArray(config.fields)
      ? config.fields.map((name, i) => ({ name, path: ['fields', i], way: config as MaskWay }))
      : Object.entries(config.fields).map(([name, own]) => ({ name, path: ['fields', name], way: own as MaskWay }))
    const masks = ways.map(({ name, path, way }) => {
      const field = bindFieldPath(name, schema, path)
      if (field.type.kind !== 'string') {
        throw new ConfigProblemError(`only string fields can be masked; \`${name}\` is ${formatType(field.type)}`, { path, hint: 'use `hash`, or drop it with `select`' })
      }
      return { field, hide: hiding(way, path) }
    })
    return {
      schema,
      traits: { deterministic: true, stateful: false },
      run: () =>
        mapBatches((batch) =>
          masks.reduce(
            (before, { field, hide }) => replaceColumn(before, field, schema, (column) => mapToText(before, column, column.type, hide)),
            batch,
          ),
        ),
    }
  },
})

interface MaskWay {
  readonly with: string
  readonly keepLast: number
  readonly pattern?: string
}

function hiding(way: MaskWay, path: readonly (string | number)[]): (value: Uint8Array) => string {
  const pattern = way.pattern === undefined ? undefined : compilePattern(way.pattern, [...path, 'pattern'])
  const hidden = (text: string): string => {
    const characters = way.keepLast === 0 ? [] : Array.from(text)
    return characters.length <= way.keepLast ? way.with : way.with + characters.slice(-way.keepLast).join('')
  }
  return (value) => {
    const text = Buffer.from(value.buffer, value.byteOffset, value.length).toString('utf8')
    return pattern === undefined ? hidden(text) : replaceMatches(pattern, text, hidden)
  }
}

function replaceMatches(pattern: RE2JS, text: string, replace: (match: string) => string): string {
  const matcher = pattern.matcher(text)
  let result = ''
  let at = 0
  while (matcher.find()) {
    if (matcher.end() === matcher.start()) continue
    result += text.slice(at, matcher.start()) + replace(text.slice(matcher.start(), matcher.end()))
    at = matcher.end()
  }
  return result + text.slice(at)
}

function compilePattern(pattern: string, path: readonly (string | number)[]): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    throw new ConfigProblemError(`not a regular expression: ${error instanceof Error ? error.message : String(error)}`, { path })
  }
}

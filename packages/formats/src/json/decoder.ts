import type { DecodePolicy, Decoder } from '@standpipe/core/component'
import type { Schema } from '@standpipe/core/model'
import { PlainReader } from './plain-reader.js'
import { createJsonScanner } from './scanner/json-scanner.js'

export { bindRest, keepIndex } from './rest-column.js'

/**
 * Reads one JSON object a record: by the scanner, where it supports the schema, else by the plain reader; both give the same. Strict:
 * RFC 8259, UTF-8 without a byte order mark, at most 512 levels, the last of equal names wins. `reader: 'plain'` forces
 * the plain one. Throws ConfigProblemError where a field cannot be read as the schema says.
 */
export function createJsonDecoder(schema: Schema, policy: DecodePolicy, reader: 'scanner' | 'plain' = 'scanner'): Decoder {
  return (reader === 'scanner' ? createJsonScanner(schema, policy) : undefined) ?? new PlainReader(schema, policy)
}

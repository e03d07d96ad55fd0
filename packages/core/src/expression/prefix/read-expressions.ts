import { compileTimePattern, TimePatternError, type Schema, type TimePattern } from '../../model/index.js'
import { didYouMean } from '../did-you-mean.js'
import { fieldNames, findFieldPath, type FieldPath } from '../field-path.js'
import { fieldKey, isKeyType } from './field-key.js'
import type { PartitionKey } from './partition-key.js'
import { recordKey } from './record-key.js'
import { PrefixError } from './prefix-error.js'
import type { PrefixToken } from './prefix-syntax.js'
import { arrivalKey, eventKey } from './time-key.js'
import type { CompiledPrefix, ObjectNaming } from './compiled-prefix.js'

/** What a prefix may use besides the schema. */
export interface PrefixOptions {
  /** Zone of all time patterns; UTC without it. */
  readonly timeZone?: string
  /** Whether `!{firehose:error-output-type}` is allowed; then `errorTypeField` names the string field that holds it. */
  readonly allowErrorOutputType?: boolean
  readonly errorTypeField?: string
  /** What steps before decoding find for the prefix: the names of a query; any name, where a function gives them. */
  readonly partitionKeys?: { readonly query: readonly string[]; readonly lambda: boolean } | undefined
}

/** An expression of a prefix, compiled: its value is told by the record, or only when an object is named. */
export type PrefixExpression = {
  readonly column: PrefixColumn
  /** What it might write, to look for segments that must not be. */
  readonly sample: string
} & (
  | { readonly key: PartitionKey }
  | { readonly fill: (naming: ObjectNaming) => string }
)

type PrefixColumn = Omit<CompiledPrefix['columns'][number], 'name' | 'expression'>
type ExpressionToken = Extract<PrefixToken, { kind: 'expression' }>

const NAMESPACES = ['field', 'event', 'arrival', 'timestamp', 'firehose', 'partitionKeyFromQuery', 'partitionKeyFromLambda']

/** Compiles one expression of a prefix. Throws {@link PrefixError}. */
export function compilePrefixExpression(token: ExpressionToken, schema: Schema, options: PrefixOptions): PrefixExpression {
  const { namespace, value, valueStart } = token
  switch (namespace) {
    case 'field': {
      const path = requireField(token, value, schema)
      if (!isKeyType(path.type)) {
        throw new PrefixError(`\`${value}\` is a ${path.type.kind} and cannot be part of a key`, valueStart, 'use a field with a single value')
      }
      return { key: fieldKey(path), sample: 'x', column: { kind: 'field', field: value } }
    }
    case 'event': {
      const { path, pattern, patternStart } = splitEvent(token, schema)
      const compiled = requirePattern(pattern, patternStart, path.type.kind === 'date' ? 'UTC' : options.timeZone)
      return { key: eventKey(path, compiled), sample: compiled.format(0n), column: { kind: 'event', field: path.name, pattern } }
    }
    case 'arrival': {
      const pattern = requirePattern(value, valueStart, options.timeZone)
      return { key: arrivalKey(pattern), sample: pattern.format(0n), column: { kind: 'arrival', pattern: value } }
    }
    case 'timestamp': {
      const pattern = requirePattern(value, valueStart, options.timeZone)
      const fill = (naming: ObjectNaming): string => pattern.format(BigInt(Math.floor(naming.oldestArrivalMs)) * 1000n)
      return { fill, sample: pattern.format(0n), column: { kind: 'timestamp', pattern: value } }
    }
    case 'firehose':
      return compileFirehose(token, schema, options)
    case 'partitionKeyFromQuery':
      return { key: recordKey('query', requireQueryKey(token, options)), sample: 'x', column: { kind: 'other', field: value } }
    case 'partitionKeyFromLambda':
      if (options.partitionKeys?.lambda !== true) throw new PrefixError('`partitionKeyFromLambda` needs a function that gives it', token.start, 'add `lambda` to `transform:`, or use !{field:NAME}')
      return { key: recordKey('lambda', requireKeyName(token)), sample: 'x', column: { kind: 'other', field: value } }
    default:
      throw new PrefixError(`unknown namespace \`${namespace}\``, token.start + 2, didYouMean(namespace, NAMESPACES) ?? `known are ${NAMESPACES.join(', ')}`)
  }
}

function requireQueryKey(token: ExpressionToken, { partitionKeys }: PrefixOptions): string {
  const names = partitionKeys?.query ?? []
  if (names.length === 0) throw new PrefixError('`partitionKeyFromQuery` needs a query that finds it', token.start, 'add `extractKeys` to `transform:`, or use !{field:NAME}')
  const name = requireKeyName(token)
  if (names.includes(name)) return name
  throw new PrefixError(`the query gives no key \`${name}\``, token.valueStart, didYouMean(name, names) ?? `it gives ${names.join(', ')}`)
}

function requireKeyName({ value, text, start }: ExpressionToken): string {
  if (value === '') throw new PrefixError(`\`${text}\` names no key`, start)
  return value
}

function compileFirehose(token: ExpressionToken, schema: Schema, options: PrefixOptions): PrefixExpression {
  switch (token.value) {
    case 'random-string':
      return { fill: (naming) => naming.random().slice(0, 11), sample: 'x', column: { kind: 'other' } }
    case 'error-output-type': {
      if (options.allowErrorOutputType !== true) {
        throw new PrefixError('`!{firehose:error-output-type}` belongs in the prefix of dead letters', token.start, 'take it out of this prefix')
      }
      const field = options.errorTypeField ?? ''
      return { key: fieldKey(requireField(token, field, schema)), sample: 'x', column: { kind: 'other', field } }
    }
    default:
      throw new PrefixError(
        `unknown expression \`firehose:${token.value}\``,
        token.valueStart,
        didYouMean(token.value, ['random-string', 'error-output-type']) ?? 'known are random-string and error-output-type',
      )
  }
}

function requireField({ valueStart }: ExpressionToken, name: string, schema: Schema): FieldPath {
  const path = findFieldPath(schema, name)
  if (path !== undefined) return path
  const hint = didYouMean(name, fieldNames(schema)) ?? (schema.fields.length === 0 ? 'the pipeline has no schema; add one to decode fields' : undefined)
  throw new PrefixError(`unknown field \`${name}\``, valueStart, hint)
}

function splitEvent(token: ExpressionToken, schema: Schema): { path: FieldPath; pattern: string; patternStart: number } {
  const colon = token.value.indexOf(':')
  if (colon < 0) throw new PrefixError(`\`${token.text}\` has no pattern`, token.start, 'write !{event:FIELD:pattern}, for example !{event:ts:yyyy-MM-dd}')
  const name = token.value.slice(0, colon)
  const path = requireField(token, name, schema)
  if (path.type.kind !== 'timestamp' && path.type.kind !== 'date') {
    throw new PrefixError(`\`${name}\` is a ${path.type.kind}, not a timestamp or date`, token.valueStart, `declare it as a timestamp in the schema, or use !{field:${name}}`)
  }
  return { path, pattern: token.value.slice(colon + 1), patternStart: token.valueStart + colon + 1 }
}

function requirePattern(pattern: string, start: number, zone = 'UTC'): TimePattern {
  if (pattern === '') throw new PrefixError('a time expression without a pattern', start, 'for example yyyy/MM/dd')
  try {
    return compileTimePattern(pattern, zone)
  } catch (error) {
    if (error instanceof TimePatternError) throw new PrefixError(error.message, start + error.offset, error.hint)
    throw error
  }
}

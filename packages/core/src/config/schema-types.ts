import {
  compileTimePattern,
  isTimeZone,
  TimePatternError,
  type DataType,
  type Field,
  type FieldInput,
  type Schema,
  type TimeInput,
} from '../model/index.js'
import { isMapping, valueAt, type ConfigPath } from './config-path.js'
import { findDefaultProblem } from './default-value.js'
import { suggest } from './suggest.js'
import type { ProblemLog } from './problem.js'
import { isTypeText, readTypeText } from './type-text.js'
import { readCoreScalar, showValue } from './validate.js'

const FIELD_KEYS = ['type', 'from', 'required', 'default', 'pattern', 'zone', 'epoch', 'fields', 'element']

/**
 * Reads the schema section at a path: fields by name, each as `double`, `decimal(10,2)`, `[string]`,
 * `{ x: double, y: double }`, or in the long form `{ type: …, from: …, required: true, default: … }`. A
 * mapping whose `type` is a text or list is the long form; a struct with a field named `type` is written
 * `{ type: struct, fields: { … } }`. Fields keep their order, but names that are whole numbers come first, as
 * in any JavaScript object. Reports what is wrong, and returns undefined then.
 */
export function readSchema(log: ProblemLog, path: ConfigPath): Schema | undefined {
  const before = log.errorCount
  const section = valueAt(log.document.value, path)
  if (isMapping(section) && Object.keys(section).length === 1 && 'infer' in section && !isTypeText(section.infer)) {
    log.error([...path, 'infer'], 'a schema is not inferred while a pipeline runs: it must be known before the first record', {
      at: 'key',
      hint: 'run `standpipe infer` on a sample and keep what it prints here, or in a file named by `schema: { file: … }`',
    })
    return undefined
  }
  const fields = readFields(log, path)
  warnOfAthena(fields, log, path)
  return log.errorCount > before ? undefined : { fields }
}

/** The file that a schema section names by `{ file: … }`, or undefined where it holds the fields itself. */
export function schemaFile(section: unknown): string | undefined {
  if (!isMapping(section) || Object.keys(section).length !== 1) return undefined
  return typeof section.file === 'string' && !isTypeText(section.file) ? section.file : undefined
}

function readFields(log: ProblemLog, path: ConfigPath): Field[] {
  const section = valueAt(log.document.value, path)
  if (!isMapping(section)) {
    log.error(path, `expected fields, like \`{ id: string, value: double }\`; found ${showValue(section)}`)
    return []
  }
  const names = Object.keys(section)
  if (names.length === 0) log.error(path, 'expected at least one field', { at: 'key' })
  return names.flatMap((name) => readField(name, log, [...path, name]) ?? [])
}

function readField(name: string, log: ProblemLog, path: ConfigPath): Field | undefined {
  const written = valueAt(log.document.value, path)
  if (name.trim() === '') log.error(path, 'a field needs a name', { at: 'key' })
  if (!isMapping(written) || !(typeof written.type === 'string' || Array.isArray(written.type))) {
    const type = readType(written, log, path)
    return type === undefined ? undefined : { name, type, nullable: true }
  }
  for (const key of Object.keys(written)) {
    if (FIELD_KEYS.includes(key)) continue
    log.error([...path, key], `unknown key \`${key}\``, {
      at: 'key',
      hint: isTypeText(written[key])
        ? 'for a struct with a field named `type` write { type: struct, fields: { … } }'
        : suggest(key, FIELD_KEYS),
    })
  }
  const type = readLongType(written, log, path)
  const required = flag(written.required, log, [...path, 'required'])
  if (type === undefined) return undefined
  const input = readInput(written, type, log, path)
  return { name, type, nullable: !required, ...(Object.keys(input).length === 0 ? {} : { input }) }
}

function readLongType(written: Record<string, unknown>, log: ProblemLog, path: ConfigPath): DataType | undefined {
  for (const [key, kind] of [
    ['fields', 'struct'],
    ['element', 'list'],
  ]) {
    if (key in written && written.type !== kind) log.error([...path, key], `only a ${kind} has \`${key}\``, { at: 'key' })
  }
  if (written.type === 'struct') {
    if (!('fields' in written)) log.error(path, '`fields` is missing: expected the fields of the struct', { at: 'key' })
    else return { kind: 'struct', fields: readFields(log, [...path, 'fields']) }
    return undefined
  }
  if (written.type === 'list') {
    if (!('element' in written)) log.error(path, '`element` is missing: expected the type of the elements', { at: 'key' })
    else return listOf(readField('element', log, [...path, 'element']))
    return undefined
  }
  return readType(written.type, log, [...path, 'type'])
}

function readType(written: unknown, log: ProblemLog, path: ConfigPath): DataType | undefined {
  if (typeof written === 'string') {
    const type = readTypeText(written)
    if ('kind' in type) return type
    log.error(path, type.problem, type.hint === undefined ? {} : { hint: type.hint })
    return undefined
  }
  if (Array.isArray(written)) {
    if (written.length === 1) return listOf(readField('element', log, [...path, 0]))
    log.error(path, `a list has one type for all its elements, like [string]; found ${written.length} entries`)
    return undefined
  }
  if (isMapping(written)) return { kind: 'struct', fields: readFields(log, path) }
  log.error(
    path,
    `expected a type, like double, [string] or { x: double }; found ${showValue(valueAt(log.document.written, path))}`,
  )
  return undefined
}

function listOf(element: Field | undefined): DataType | undefined {
  return element === undefined ? undefined : { kind: 'list', element }
}

function readInput(written: Record<string, unknown>, type: DataType, log: ProblemLog, path: ConfigPath): FieldInput {
  const before = log.errorCount
  const time = readTime(written, type, log, path)
  if (written.from !== undefined && (typeof written.from !== 'string' || written.from === '')) {
    log.error([...path, 'from'], `expected the name of the field in the input; found ${showValue(written.from)}`)
  }
  const fallback = readDefault(written.default, type, log, [...path, 'default'])
  if (written.default !== undefined && written.default !== null && log.errorCount === before) {
    const problem = findDefaultProblem(fallback, type, time)
    if (problem !== undefined)
      log.error([...path, 'default'], `${problem}; found ${showValue(valueAt(log.document.written, [...path, 'default']))}`)
  }
  return {
    ...(typeof written.from === 'string' ? { from: written.from } : {}),
    ...(written.default === undefined || written.default === null ? {} : { default: fallback }),
    ...(time === undefined ? {} : { time }),
  }
}

function readDefault(value: unknown, type: DataType, log: ProblemLog, path: ConfigPath): unknown {
  const whole = log.document.wholes.some(
    (other) => other.length === path.length && other.every((step, index) => step === path[index]),
  )
  return whole && type.kind !== 'string' ? (readCoreScalar(value) ?? value) : value
}

function readTime(written: Record<string, unknown>, type: DataType, log: ProblemLog, path: ConfigPath): TimeInput | undefined {
  const before = log.errorCount
  const { pattern, epoch, zone } = written
  const allowed = type.kind === 'timestamp' ? ['pattern', 'epoch', 'zone'] : type.kind === 'date' ? ['pattern'] : []
  for (const key of ['pattern', 'epoch', 'zone']) {
    if (key in written && !allowed.includes(key)) log.error([...path, key], `a ${type.kind} has no \`${key}\``, { at: 'key' })
  }
  if (pattern !== undefined && epoch !== undefined)
    log.error([...path, 'epoch'], 'a time is written by `pattern` or as `epoch`, not both', { at: 'key' })
  if (epoch !== undefined && zone !== undefined) log.error([...path, 'zone'], 'epoch numbers have no zone', { at: 'key' })
  if (zone !== undefined && (typeof zone !== 'string' || !isTimeZone(zone))) {
    log.error([...path, 'zone'], `expected a time zone, like Asia/Seoul, UTC or +09:00; found ${showValue(zone)}`)
  }
  if (epoch !== undefined && epoch !== 's' && epoch !== 'ms' && epoch !== 'us') {
    log.error([...path, 'epoch'], `expected \`s\`, \`ms\` or \`us\`; found ${showValue(epoch)}`)
  }
  if (pattern !== undefined && typeof pattern !== 'string')
    log.error([...path, 'pattern'], `expected a pattern, like dd/MM/yyyy HH:mm; found ${showValue(pattern)}`)
  if (log.errorCount > before) return undefined
  const inZone = typeof zone === 'string' ? zone : 'UTC'
  if (typeof pattern === 'string') return readPattern(pattern, inZone, log, [...path, 'pattern'])
  if (epoch !== undefined) return { kind: 'epoch', unit: epoch as 's' | 'ms' | 'us' }
  return zone === undefined ? undefined : { kind: 'iso', zone: inZone }
}

function readPattern(pattern: string, zone: string, log: ProblemLog, path: ConfigPath): TimeInput | undefined {
  try {
    const { parseProblem } = compileTimePattern(pattern, zone)
    if (parseProblem === undefined) return { kind: 'pattern', pattern, zone }
    log.error(path, `no time can be read with this pattern: it ${parseProblem}`)
  } catch (error) {
    if (!(error instanceof TimePatternError)) throw error
    log.error(path, error.message, { offset: error.offset, ...(error.hint === undefined ? {} : { hint: error.hint }) })
  }
  return undefined
}

function flag(value: unknown, log: ProblemLog, path: ConfigPath): boolean {
  const read = readCoreScalar(value) ?? value
  if (read === undefined || typeof read === 'boolean') return read === true
  log.error(path, `expected true or false; found ${showValue(value)}`)
  return false
}

/** Athena folds names to lower case and takes a dot for a step into a struct. */
function warnOfAthena(fields: readonly Field[], log: ProblemLog, path: ConfigPath): void {
  const folded = new Map<string, string>()
  for (const { name } of fields) {
    const twin = folded.get(name.toLowerCase())
    if (twin !== undefined)
      log.warn([...path, name], `Athena cannot tell \`${name}\` from \`${twin}\`: it folds names to lower case`, {
        at: 'key',
        hint: 'rename one with `from`',
      })
    folded.set(name.toLowerCase(), name)
    if (/[.\s:;,(){}=]/.test(name)) {
      log.warn([...path, name], `Athena cannot read a column named \`${name}\``, {
        at: 'key',
        hint: `name it ${JSON.stringify(name.toLowerCase().replace(/[^\p{L}\p{N}_]+/gu, '_'))} with \`from: ${JSON.stringify(name)}\``,
      })
    }
  }
  const upper = fields.filter(({ name }) => name !== name.toLowerCase())
  if (upper.length === 0) return
  const [first] = upper
  const others = upper.length === 1 ? '' : ` (and ${upper.length - 1} more)`
  log.warn(
    [...path, first.name],
    `Athena folds names to lower case: \`${first.name}\` will be \`${first.name.toLowerCase()}\`${others}`,
    { at: 'key' },
  )
}

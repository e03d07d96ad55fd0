import { compileTimePattern, parseIsoDate, parseIsoMicros, type DataType, type TimeInput } from '../model/index.js'
import { isMapping } from './config-path.js'

/** Why a default does not fit its type (`expected a whole number of 32 bits`), or undefined where it does. */
export function findDefaultProblem(value: unknown, type: DataType, time: TimeInput | undefined): string | undefined {
  const expected = (fits: boolean, what: string): string | undefined => (fits ? undefined : `expected ${what}`)
  switch (type.kind) {
    case 'string':
      return expected(typeof value === 'string', 'text')
    case 'boolean':
      return expected(typeof value === 'boolean', 'true or false')
    case 'int32':
      return expected(Number.isInteger(value) && Math.abs(Number(value) + 0.5) < 2 ** 31, 'a whole number of 32 bits')
    case 'int64':
      return expected(Number.isSafeInteger(value) || isInt64Text(value), 'a whole number of 64 bits; beyond 2^53 in quotes')
    case 'float':
    case 'double':
      return expected(typeof value === 'number' && Number.isFinite(value), 'a number')
    case 'decimal':
      return expected(
        fitsDecimal(value, type.precision, type.scale),
        `a number of at most ${type.precision} digits, ${type.scale} of them after the point`,
      )
    case 'timestamp':
      return findTimeProblem(value, time)
    case 'date':
      if (time?.kind === 'pattern') return findTimeProblem(value, time)
      return expected(typeof value === 'string' && parseIsoDate(value) !== undefined, 'a day like 2026-03-01')
    case 'binary':
      return expected(typeof value === 'string' && isBase64(value), 'bytes as base64 text')
    case 'json':
      return undefined
    case 'list': {
      if (!Array.isArray(value)) return 'expected a list'
      const { element } = type
      return value
        .map((entry: unknown) => (entry === null ? undefined : findDefaultProblem(entry, element.type, element.input?.time)))
        .find((problem) => problem !== undefined)
    }
    case 'struct': {
      if (!isMapping(value)) return 'expected a mapping'
      const unknown = Object.keys(value).find((key) => !type.fields.some((field) => field.name === key))
      if (unknown !== undefined) return `the struct has no field \`${unknown}\``
      for (const field of type.fields) {
        const inner = value[field.name]
        if (inner === undefined || inner === null) {
          if (!field.nullable) return `the required field \`${field.name}\` is missing`
          continue
        }
        const problem = findDefaultProblem(inner, field.type, field.input?.time)
        if (problem !== undefined) return `\`${field.name}\`: ${problem}`
      }
      return undefined
    }
  }
}

function findTimeProblem(value: unknown, time: TimeInput | undefined): string | undefined {
  if (time?.kind === 'epoch')
    return typeof value === 'number' && Number.isFinite(value) ? undefined : `expected a number of ${time.unit} since 1970`
  if (time?.kind === 'pattern') {
    const fits = typeof value === 'string' && compileTimePattern(time.pattern, time.zone).parse(value) !== undefined
    return fits ? undefined : `expected a time written as ${time.pattern}`
  }
  const fits = typeof value === 'string' && parseIsoMicros(value, time?.zone ?? 'UTC') !== undefined
  return fits ? undefined : 'expected a time like 2026-03-01T00:00:00Z'
}

function isInt64Text(value: unknown): boolean {
  return typeof value === 'string' && /^-?\d{1,19}$/.test(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value)
}

function fitsDecimal(value: unknown, precision: number, scale: number): boolean {
  const text = typeof value === 'number' ? String(value) : value
  const digits = typeof text === 'string' ? /^-?0*(\d*)(?:\.(\d*?)0*)?$/.exec(text) : null
  return digits !== null && /\d/.test(String(text)) && digits[1].length <= precision - scale && (digits[2] ?? '').length <= scale
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
}

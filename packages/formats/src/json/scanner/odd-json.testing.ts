import type { DataType, Field, FieldInput } from '@standpipe/core/model'

const NAMES = ['a', 'b', 'id', 'größe', 'a b', 'x.y', 'na"me', 'back\\slash', 'toString', '__proto__', '', '이름', '😀', 'tab\t', '0', 'constructor', 'longer name than others']
const TEXTS = ['', 'OK', 'WARN', 'press-0001', 'a longer text, of more than thirty-two bytes, that is copied at once', 'Größe', '한국어', '😀', '\u2028', '\ufeff', '\ufffd', '\u007f', '{', '}', '[,]', ':']
const ESCAPES = ['\\n', '\\"', '\\\\', '\\/', '\\b\\f\\r\\t', '\\u0041', '\\u00e9', '\\uD55C', '\\ud83d\\ude00', '\\ud83d', '\\ude00', '\\ud83d\\u0041', '\\ud83d\\n', '\\u0000']
const BAD_TEXTS = ['\\x', '\\u12g4', '\\u12', '\\', '\u0001', '\n', '\t']
const NUMBERS = [
  ...['0', '-0', '0.0', '1', '-1', '27.0', '2.5', '0.29', '58.20000076293945', '1e3', '1E+2', '-1.5e-3', '1e22', '1e23', '1e-22', '1e-23', '123456789012345', '1234567890123456'],
  ...['9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740993', '900719925474099.3', '9223372036854775807', '9223372036854775808', '-9223372036854775808'],
  ...['2147483647', '2147483648', '-2147483648', '-2147483649', '1e400', '-1e400', '1e-400', '5e-324', '2.2250738585072014e-308', '1.7976931348623157e308', '3.4028236e38', '1e38', '1e39'],
  ...['0.000000000000000000000001', '99999999.99', '100000000', '0.295', '0.2950', '12345678901234567890123456789012345.678', '1594598726.5393325', '1594598726539', '-0.0000005', '1e99999', '0e99999'],
]
const BAD_NUMBERS = ['01', '1.', '.5', '-', '+1', '1e', '1e+', '0x1', '1_0', 'NaN', 'Infinity', '--1', '1.e3', '00', '-01', '1.2.3']
const TIMES = [
  ...['2026-03-01T09:30:15.123Z', '2026-03-01T09:30:15Z', '2026-03-01T09:30:15.123456789Z', '2026-03-01T09:30:15.1234567891Z', '2026-03-01T09:30:15.Z', '2026-03-01T09:30:15+09:00', '2026-03-01T09:30:15.5-03:30'],
  ...['2026-03-01T09:30Z', '2026-03-01', '2026-03-01T09:30:15', '2026-03-01 09:30:15.123', '2026-02-30T00:00:00Z', '2026-03-01T24:00:00Z', '2026-03-01T09:60:00Z', '2026-03-01T09:30:60Z', '0001-01-01T00:00:00Z'],
  ...['9999-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999999Z', '0000-01-01T00:00:00Z', '2026-03-01T09:30:15z', '2026-03-01t09:30:15Z', '2026-03-01T09:30:15,123Z', '2026-03-01T09:30:15+0900', '2026-03-01T09:30:15+18:01'],
  ...['2026-03-01T09:30:15+18:00', '2026-03-01T09:30:15ZZ', '2026-03-01T09:30:15 Z', '1970-01-01', '2024-02-29', '2023-02-29', '2026-3-01', '01/03/2026 08:30', '31/12/2026 23:59', '32/12/2026 23:59', 'yesterday', '1969-01-01T00:00:00+00:00'],
]
const BASE64 = ['', 'AAEC', 'AA==', 'AAE=', '/+8=', 'AA', 'not base64!']
const ZONES = ['UTC', 'Asia/Seoul', '+05:30']

/** Random schemas and JSON texts for them, most of them good and all of them odd. The same for the same seed. */
export class OddJson {
  constructor(private state: number) {}

  schemaFields(depth = 0): readonly Field[] {
    const names = this.shuffled(NAMES).slice(0, this.below(5) + (depth === 0 ? 1 : 0))
    return names.map((name) => this.field(name, depth))
  }

  /** The text of a record, or of something near to one. */
  record(fields: readonly Field[]): Uint8Array {
    const text = Buffer.from(this.spaced(this.chance(0.03) ? this.anyText(0) : this.object(fields)))
    if (this.chance(0.85) || text.length === 0) return text
    const at = this.below(text.length)
    switch (this.below(5)) {
      case 0:
        return text.subarray(0, at)
      case 1:
        return Buffer.concat([text.subarray(0, at), text.subarray(at + 1)])
      case 2:
        return Buffer.concat([text.subarray(0, at), Buffer.from([this.below(256)]), text.subarray(at)])
      case 3:
        return Buffer.concat([text, Buffer.from(this.pick(['x', '}', ',', '{}', '\u00a0', '\v', '1']))])
      default:
        text[at] = this.chance(0.5) ? this.below(256) : this.pick([34, 92, 44, 58, 91, 93, 123, 125, 0xc0, 0xed, 0xf4, 0x80, 0xff, 32, 48])
        return text
    }
  }

  below(limit: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) | 0
    return Math.floor(((this.state >>> 4) / 2 ** 28) * limit)
  }

  chance(probability: number): boolean {
    return this.below(1_000_000) < probability * 1_000_000
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]
  }

  private shuffled<T>(from: readonly T[]): T[] {
    const all = [...from]
    for (let i = all.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      ;[all[i], all[j]] = [all[j], all[i]]
    }
    return all
  }

  private field(name: string, depth: number): Field {
    const type = this.type(depth)
    const from = this.chance(0.1) ? `${name}°` : undefined
    return { name, type, nullable: this.chance(0.85), input: { from, default: this.chance(0.1) ? defaultOf(type) : undefined, time: this.time(type) } }
  }

  private type(depth: number): DataType {
    const simple = ['string', 'boolean', 'int32', 'int64', 'float', 'double', 'timestamp', 'date', 'binary', 'json'] as const
    switch (this.below(depth < 3 ? 8 : 6)) {
      case 0: {
        const precision = this.below(38) + 1
        return { kind: 'decimal', precision, scale: this.below(Math.min(precision, 24) + 1) }
      }
      case 6:
        return { kind: 'struct', fields: this.schemaFields(depth + 1) }
      case 7:
        return { kind: 'list', element: this.field('element', depth + 1) }
      default:
        return { kind: this.pick(simple) }
    }
  }

  private time({ kind }: DataType): FieldInput['time'] {
    if (kind !== 'timestamp' && kind !== 'date') return undefined
    switch (this.below(5)) {
      case 0:
        return { kind: 'epoch', unit: this.pick(['s', 'ms', 'us'] as const) }
      case 1:
        return { kind: 'pattern', pattern: 'dd/MM/yyyy HH:mm', zone: this.pick(ZONES) }
      case 2:
        return { kind: 'iso', zone: this.pick(ZONES) }
      default:
        return undefined
    }
  }

  private object(fields: readonly Field[]): string {
    let members = fields.filter(() => this.chance(0.9)).map((field): [string, string] => [field.input?.from ?? field.name, this.value(field)])
    if (this.chance(0.2)) members = this.shuffled(members)
    if (this.chance(0.15)) members.splice(this.below(members.length + 1), 0, [this.pick(NAMES), this.anyText(0)])
    if (this.chance(0.05) && members.length > 0) members.push(this.chance(0.5) ? this.pick(members) : [this.pick(members)[0], this.anyText(0)])
    return `{${members.map(([name, value]) => `${this.spaced(this.name(name))}:${this.spaced(value)}`).join(',')}}`
  }

  private name(name: string): string {
    if (this.chance(0.95)) return JSON.stringify(name)
    return `"${[...name].map((letter) => (letter.length === 1 ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}` : letter)).join('')}"`
  }

  private value({ type, input }: Field): string {
    if (this.chance(0.05)) return 'null'
    if (this.chance(0.03)) return this.anyText(0)
    switch (type.kind) {
      case 'struct':
        return this.object(type.fields)
      case 'list':
        return `[${Array.from({ length: this.below(4) }, () => this.spaced(this.value(type.element))).join(',')}]`
      case 'string':
        return this.string()
      case 'boolean':
        return this.pick(['true', 'false'])
      case 'timestamp':
      case 'date':
        return input?.time?.kind === 'epoch' ? this.number() : `"${this.pick(TIMES)}"`
      case 'binary':
        return `"${this.pick(BASE64)}"`
      case 'json':
        return this.anyText(0)
      default:
        return this.number()
    }
  }

  private string(): string {
    const parts = Array.from({ length: this.below(4) }, () => (this.chance(0.7) ? JSON.stringify(this.pick(TEXTS)).slice(1, -1) : this.pick(ESCAPES)))
    if (this.chance(0.02)) parts.push(this.pick(BAD_TEXTS))
    return `"${parts.join('')}"`
  }

  private number(): string {
    if (this.chance(0.02)) return this.pick(BAD_NUMBERS)
    if (this.chance(0.4)) return this.pick(NUMBERS)
    const digits = (most: number): string => Array.from({ length: this.below(most) + 1 }, () => this.below(10)).join('')
    const whole = digits(this.chance(0.8) ? 8 : 22).replace(/^0+(?=\d)/, '')
    const fraction = this.chance(0.5) ? `.${digits(this.chance(0.8) ? 4 : 22)}` : ''
    return (this.chance(0.2) ? '-' : '') + whole + fraction + (this.chance(0.1) ? `e${this.below(60) - 30}` : '')
  }

  private anyText(depth: number): string {
    switch (this.below(depth < 3 ? 9 : 6)) {
      case 0:
        return this.string()
      case 1:
        return this.number()
      case 2:
        return this.pick(['true', 'false', 'null', 'tru', 'nul', 'True'])
      case 6:
        return `{${Array.from({ length: this.below(3) }, () => `${this.spaced(this.name(this.pick(NAMES)))}:${this.spaced(this.anyText(depth + 1))}`).join(',')}}`
      case 7:
        return `[${Array.from({ length: this.below(3) }, () => this.spaced(this.anyText(depth + 1))).join(',')}]`
      case 8: {
        if (this.chance(0.9)) return '[]'
        const deep = 505 + this.below(10)
        return this.chance(0.5) ? '['.repeat(deep) + ']'.repeat(deep) : '{"a":'.repeat(deep) + '1' + '}'.repeat(deep)
      }
      default:
        return JSON.stringify(this.pick(TEXTS))
    }
  }

  private spaced(text: string): string {
    return this.chance(0.9) ? text : this.pick([' ', '\n', '\t', '\r\n', '  ', '']) + text + this.pick([' ', '', '\n '])
  }
}

function defaultOf(type: DataType): unknown {
  switch (type.kind) {
    case 'string':
      return 'by default'
    case 'boolean':
      return true
    case 'int32':
    case 'int64':
    case 'float':
    case 'double':
      return 7
    case 'json':
      return { by: 'default' }
    case 'list':
      return []
    default:
      return undefined
  }
}

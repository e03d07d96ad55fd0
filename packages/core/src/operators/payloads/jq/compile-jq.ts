import { JqSyntaxError, JqValueError } from './jq-error.js'
import { JQ_FUNCTIONS } from './jq-functions.js'
import { READ_DIRECTIVES, unknownDirective, WRITTEN_DIRECTIVES } from './jq-times.js'
import { readTokens, type JqToken } from './jq-tokens.js'
import { calculate, compareValues, isJqObject, isTrue, toText, typeOf, type JqValue } from './jq-values.js'

/** A compiled program: all its outputs for an input, or a {@link JqValueError}. */
export interface JqProgram {
  run(input: JqValue): JqValue[]
  /** The keys of the object that it makes; undefined where it makes something else, or computes its keys. */
  readonly keys: readonly string[] | undefined
}

interface Filter {
  (input: JqValue): JqValue[]
  readonly keys?: readonly string[] | undefined
}

const COMPARED: Readonly<Record<string, (order: number) => boolean>> = {
  '==': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
}
const RESERVED = ['def', 'reduce', 'foreach', 'try', 'label', 'import', 'include', 'as']
const MOST_OUTPUTS = 10_000

/**
 * Compiles a program of jq 1.6, the part of it that queries for partition keys are written in: paths, construction, pipes,
 * alternatives, arithmetic, comparison, conditions, interpolation, and the functions of `JQ_FUNCTIONS`. Throws
 * {@link JqSyntaxError} with the place of what is wrong or not supported.
 */
export function compileJq(program: string): JqProgram {
  const parser = new JqParser(readTokens(program))
  const filter = parser.whole()
  return { run: (input) => filter(input), keys: filter.keys }
}

class JqParser {
  private at = 0

  constructor(private readonly tokens: readonly JqToken[]) {}

  whole(): Filter {
    const filter = this.pipe()
    if (this.next.kind !== 'end') this.unexpected()
    return filter
  }

  private get next(): JqToken {
    return this.tokens[this.at]
  }

  private is(...signs: readonly string[]): boolean {
    return (this.next.kind === 'sign' || this.next.kind === 'name') && signs.includes(this.next.value)
  }

  private take(...signs: readonly string[]): JqToken | undefined {
    return this.is(...signs) ? this.tokens[this.at++] : undefined
  }

  private expect(sign: string): void {
    if (this.take(sign) === undefined) this.unexpected(`expected \`${sign}\``)
  }

  private unexpected(expected?: string): never {
    const { value, at, kind } = this.next
    if (kind === 'name' && RESERVED.includes(value)) throw new JqSyntaxError(`\`${value}\` is not supported`, at)
    if (kind === 'sign' && /^(?:\.\.|.*=|\?\/\/)$/.test(value) && !(value in COMPARED)) throw new JqSyntaxError(`\`${value}\` is not supported`, at)
    throw new JqSyntaxError(`${expected === undefined ? 'unexpected' : `${expected}, found`} ${kind === 'end' ? value : `\`${kind === 'field' ? '.' : ''}${value}\``}`, at)
  }

  private pipe(): Filter {
    const first = this.comma()
    if (this.take('|') === undefined) return first
    return piped(first, this.pipe())
  }

  private comma(): Filter {
    let left = this.alternative()
    while (this.take(',') !== undefined) {
      const [a, b] = [left, this.alternative()]
      left = (input) => bounded([...a(input), ...b(input)])
    }
    return left
  }

  private alternative(): Filter {
    const left = this.either()
    if (this.take('//') === undefined) return left
    const right = this.alternative()
    return (input) => {
      const found = withoutErrors(left, input).filter(isTrue)
      return found.length > 0 ? found : right(input)
    }
  }

  private either(): Filter {
    let left = this.both()
    while (this.take('or') !== undefined) {
      const [a, b] = [left, this.both()]
      left = (input) => a(input).flatMap((one) => (isTrue(one) ? [true] : b(input).map(isTrue)))
    }
    return left
  }

  private both(): Filter {
    let left = this.comparison()
    while (this.take('and') !== undefined) {
      const [a, b] = [left, this.comparison()]
      left = (input) => a(input).flatMap((one) => (isTrue(one) ? b(input).map(isTrue) : [false]))
    }
    return left
  }

  private comparison(): Filter {
    const left = this.sum()
    const sign = this.take(...Object.keys(COMPARED))
    if (sign === undefined) return left
    const holds = COMPARED[sign.value]
    return paired(left, this.sum(), (a, b) => holds(compareValues(a, b)))
  }

  private sum(): Filter {
    let left = this.product()
    for (let sign = this.take('+', '-'); sign !== undefined; sign = this.take('+', '-')) {
      const { value } = sign
      left = paired(left, this.product(), (a, b) => calculate(value, a, b))
    }
    return left
  }

  private product(): Filter {
    let left = this.postfix()
    for (let sign = this.take('*', '/', '%'); sign !== undefined; sign = this.take('*', '/', '%')) {
      const { value } = sign
      left = paired(left, this.postfix(), (a, b) => calculate(value, a, b))
    }
    return left
  }

  private postfix(): Filter {
    if (this.take('-') !== undefined) {
      const inner = this.postfix()
      return (input) => inner(input).map((value) => {
        if (typeof value !== 'number') throw new JqValueError(`${typeOf(value)} cannot be negated`)
        return -value
      })
    }
    let term = this.term()
    for (;;) {
      const { kind, value } = this.next
      if (kind === 'field') {
        this.at += 1
        term = piped(term, (input) => [memberOf(input, value)])
      } else if (this.is('.') && this.tokens[this.at + 1].kind === 'text') {
        this.at += 1
        term = indexed(term, this.text(this.tokens[this.at++]))
      } else if (this.is('.') && this.tokens[this.at + 1].value === '[') this.at += 1
      else if (this.is('[')) term = this.brackets(term)
      else if (this.take('?') !== undefined) {
        const before = term
        term = (input) => withoutErrors(before, input)
      } else if (this.is('as')) this.unexpected()
      else return term
    }
  }

  private brackets(term: Filter): Filter {
    this.expect('[')
    if (this.take(']') !== undefined) return piped(term, valuesOf)
    const from = this.is(':') ? undefined : this.pipe()
    if (this.take(':') === undefined) {
      this.expect(']')
      return indexed(term, from as Filter)
    }
    const to = this.is(']') ? undefined : this.pipe()
    this.expect(']')
    const none: Filter = () => [null]
    return (input) =>
      term(input).flatMap((value) => (to ?? none)(input).flatMap((end) => (from ?? none)(input).map((start) => sliceOf(value, start, end))))
  }

  private term(): Filter {
    const token = this.next
    this.at += 1
    switch (token.kind) {
      case 'field':
        return (input) => [memberOf(input, token.value)]
      case 'number': {
        const value = Number(token.value)
        return () => [value]
      }
      case 'text':
        return this.text(token)
      case 'variable':
        throw new JqSyntaxError(`\`$${token.value}\` is not supported`, token.at)
      case 'name':
        return this.named(token)
      default:
        break
    }
    switch (token.value) {
      case '.':
        if (this.next.kind === 'text') return indexed((input) => [input], this.text(this.tokens[this.at++]))
        return (input) => [input]
      case '(': {
        const inner = this.pipe()
        this.expect(')')
        return inner
      }
      case '[': {
        if (this.take(']') !== undefined) return () => [[]]
        const inner = this.pipe()
        this.expect(']')
        return (input) => [inner(input)]
      }
      case '{':
        return this.object()
      default:
        this.at -= 1
        return this.unexpected()
    }
  }

  private named(token: JqToken): Filter {
    const { value: name, at } = token
    if (name === 'null' || name === 'true' || name === 'false') {
      const constant = JSON.parse(name) as JqValue
      return () => [constant]
    }
    if (name === 'if') return this.condition()
    if (RESERVED.includes(name)) throw new JqSyntaxError(`\`${name}\` is not supported`, at)
    const given: Filter[] = []
    const starts: JqToken[] = []
    if (this.take('(') !== undefined) {
      do {
        starts.push(this.next)
        given.push(this.pipe())
      } while (this.take(';') !== undefined)
      this.expect(')')
    }
    const signature = `${name}/${given.length}`
    const [argument] = given
    switch (signature) {
      case 'empty/0':
        return () => []
      case 'select/1':
        return (input) => argument(input).flatMap((one) => (isTrue(one) ? [input] : []))
      case 'map/1':
        return (input) => [valuesOf(input).flatMap((one) => argument(one))]
      case 'first/1':
        return (input) => argument(input).slice(0, 1)
      case 'any/0':
        return (input) => [valuesOf(input).some(isTrue)]
      case 'all/0':
        return (input) => [valuesOf(input).every(isTrue)]
      default:
        break
    }
    const call = Object.hasOwn(JQ_FUNCTIONS, signature) ? JQ_FUNCTIONS[signature] : undefined
    if (call === undefined) throw new JqSyntaxError(`\`${signature}\` is not supported`, at, `supported are ${SUPPORTED.join(', ')}`)
    const [start] = starts
    if ((name === 'strftime' || name === 'strptime') && start?.kind === 'text' && start.parts?.length === 1) {
      const wrong = unknownDirective(start.value, name === 'strftime' ? WRITTEN_DIRECTIVES : READ_DIRECTIVES)
      if (wrong !== undefined) throw new JqSyntaxError(`\`${start.value.slice(wrong, wrong + 2)}\` of \`${name}\` is not supported`, start.at + 1 + wrong)
    }
    if (argument === undefined) return (input) => [call(input)]
    return (input) => argument(input).map((one) => call(input, one))
  }

  private condition(): Filter {
    const test = this.pipe()
    this.expect('then')
    const yes = this.pipe()
    const no = this.take('elif') !== undefined ? this.condition() : this.otherwise()
    return (input) => test(input).flatMap((one) => (isTrue(one) ? yes : no)(input))
  }

  private otherwise(): Filter {
    // Before jq 1.7 `else` is not optional.
    this.expect('else')
    const no = this.pipe()
    this.expect('end')
    return no
  }

  /** In jq 1.6 a value of an object is a term, or terms with pipes between them. */
  private object(): Filter {
    const members: { readonly key: Filter; readonly value: Filter }[] = []
    const names: (string | undefined)[] = []
    while (!this.is('}')) {
      const token = this.next
      this.at += 1
      let key: Filter
      let name: string | undefined
      if (token.kind === 'name' || token.kind === 'number') {
        name = token.value
        key = () => [token.value]
      } else if (token.kind === 'text') {
        name = token.parts?.length === 1 ? token.value : undefined
        key = this.text(token)
      } else if (token.kind === 'sign' && token.value === '(') {
        key = this.pipe()
        this.expect(')')
      } else {
        this.at -= 1
        this.unexpected('expected a key')
      }
      names.push(name)
      const value = this.take(':') === undefined ? indexed((input) => [input], key) : this.member()
      members.push({ key, value })
      if (this.take(',') === undefined) break
    }
    if (!this.is('}') && this.is('+', '-', '*', '/', '%', '//', 'and', 'or', ...Object.keys(COMPARED))) {
      throw new JqSyntaxError(`unexpected \`${this.next.value}\` in an object`, this.next.at, 'jq 1.6 wants the value in parentheses')
    }
    this.expect('}')
    const filter = (input: JqValue): JqValue[] =>
      members.reduce<Record<string, JqValue>[]>(
        (made, { key, value }) =>
          bounded(
            made.flatMap((object) =>
              key(input).flatMap((name) => {
                if (typeof name !== 'string') throw new JqValueError(`object keys must be strings, not ${typeOf(name)}`)
                return value(input).map((one) => ({ ...object, [name]: one }))
              }),
            ),
          ),
        [{}],
      )
    return Object.assign(filter, { keys: names.every((name) => name !== undefined) ? names : undefined })
  }

  private member(): Filter {
    const first = this.postfix()
    return this.take('|') === undefined ? first : piped(first, this.member())
  }

  private text({ parts = [] }: JqToken): Filter {
    const filters = parts.map((part): Filter => (typeof part === 'string' ? () => [part] : new JqParser(part).whole()))
    return (input) => filters.reduce<string[]>((texts, filter) => bounded(filter(input).flatMap((value) => texts.map((text) => text + toText(value)))), [''])
  }
}

const SUPPORTED = [...Object.keys(JQ_FUNCTIONS), 'empty/0', 'select/1', 'map/1', 'first/1', 'any/0', 'all/0'].toSorted((a, b) => (a < b ? -1 : 1))

function piped(first: Filter, then: Filter): Filter {
  return Object.assign((input: JqValue) => bounded(first(input).flatMap((value) => then(value))), { keys: then.keys })
}

/** Every pair, the right one going slower, as in jq. */
function paired(left: Filter, right: Filter, join: (a: JqValue, b: JqValue) => JqValue): Filter {
  return (input) => bounded(right(input).flatMap((b) => left(input).map((a) => join(a, b))))
}

function indexed(term: Filter, index: Filter): Filter {
  return (input) => term(input).flatMap((value) => index(input).map((key) => memberOf(value, key)))
}

function memberOf(value: JqValue, key: JqValue): JqValue {
  if (value === null && (typeof key === 'string' || typeof key === 'number' || key === null)) return null
  if (isJqObject(value) && typeof key === 'string') return Object.hasOwn(value, key) ? value[key] : null
  if (Array.isArray(value) && typeof key === 'number') return (value as readonly JqValue[]).at(Math.floor(key)) ?? null
  throw new JqValueError(`cannot index ${typeOf(value)} with ${typeof key === 'string' ? `"${key}"` : typeOf(key)}`)
}

function sliceOf(value: JqValue, start: JqValue, end: JqValue): JqValue {
  const isPlace = (place: JqValue): place is number | null => place === null || typeof place === 'number'
  if (!isPlace(start) || !isPlace(end)) throw new JqValueError('start and end of a slice must be numbers')
  if (value === null) return null
  const [from, to] = [start === null ? undefined : Math.floor(start), end === null ? undefined : Math.ceil(end)]
  if (Array.isArray(value)) return value.slice(from, to)
  if (typeof value === 'string') return [...value].slice(from, to).join('')
  throw new JqValueError(`cannot slice ${typeOf(value)}`)
}

function valuesOf(value: JqValue): JqValue[] {
  if (Array.isArray(value)) return value as JqValue[]
  if (isJqObject(value)) return Object.values(value)
  throw new JqValueError(`cannot iterate over ${typeOf(value)}`)
}

/** The outputs before an error; a filter gives them all or none, which differs from jq only where one of several fails. */
function withoutErrors(filter: Filter, input: JqValue): JqValue[] {
  try {
    return filter(input)
  } catch (error) {
    if (error instanceof JqValueError) return []
    throw error
  }
}

function bounded<T>(outputs: T[]): T[] {
  if (outputs.length > MOST_OUTPUTS) throw new JqValueError(`more than ${MOST_OUTPUTS} outputs`)
  return outputs
}

import { JqSyntaxError } from './jq-error.js'

/** A piece of a jq program. A text has its parts: plain, or the tokens of an interpolation. */
export interface JqToken {
  readonly kind: 'name' | 'field' | 'variable' | 'number' | 'text' | 'sign' | 'end'
  readonly value: string
  readonly at: number
  readonly parts?: readonly (string | readonly JqToken[])[]
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*(?:::[A-Za-z_][A-Za-z0-9_]*)*/y
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y
const SIGN = /\?\/\/|[|]=|\/\/=|[-+*/%]=|==|!=|<=|>=|\/\/|\.\.|[|,=<>+\-*/%()[\]{}:;.?]/y
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '/': '/', '\\': '\\', '"': '"' }

/** Splits a program into tokens, with one of kind `end` behind the last. */
export function readTokens(program: string): JqToken[] {
  const { tokens } = readUntil(program, 0, false)
  return tokens
}

function readUntil(program: string, start: number, inText: boolean): { tokens: JqToken[]; end: number } {
  const tokens: JqToken[] = []
  const match = (pattern: RegExp, at: number): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(program)?.[0]
  }
  let depth = 0
  let at = start
  while (at < program.length) {
    const char = program[at]
    if (/\s/.test(char)) {
      at += 1
      continue
    }
    if (char === '#') {
      const newline = program.indexOf('\n', at)
      at = newline < 0 ? program.length : newline
      continue
    }
    if (inText && char === ')' && depth === 0) break
    if (char === '"') {
      const { token, end } = readText(program, at)
      tokens.push(token)
      at = end
      continue
    }
    const field = char === '.' ? match(NAME, at + 1) : undefined
    const variable = char === '$' ? match(NAME, at + 1) : undefined
    const found = field ?? variable ?? match(NUMBER, at) ?? match(NAME, at) ?? match(SIGN, at)
    if (char === '@') throw new JqSyntaxError(`\`@${match(NAME, at + 1) ?? ''}\` is not supported`, at)
    if (found === undefined) throw new JqSyntaxError(`unexpected \`${char}\``, at)
    const kind = field !== undefined ? 'field' : variable !== undefined ? 'variable' : /^[A-Za-z_]/.test(found) ? 'name' : /^\.?\d/.test(found) ? 'number' : 'sign'
    if (found === '(') depth += 1
    if (found === ')') depth -= 1
    tokens.push({ kind, value: found, at })
    at += found.length + (kind === 'field' || kind === 'variable' ? 1 : 0)
  }
  if (inText && at >= program.length) throw new JqSyntaxError('an interpolation is not closed', start)
  tokens.push({ kind: 'end', value: 'the end', at })
  return { tokens, end: at + 1 }
}

function readText(program: string, start: number): { token: JqToken; end: number } {
  const parts: (string | readonly JqToken[])[] = []
  let plain = ''
  let at = start + 1
  while (at < program.length && program[at] !== '"') {
    if (program[at] !== '\\') {
      plain += program[at++]
      continue
    }
    const escape = program[at + 1] ?? ''
    if (escape === '(') {
      const { tokens, end } = readUntil(program, at + 2, true)
      parts.push(plain, tokens)
      plain = ''
      at = end
    } else if (escape === 'u') {
      const hex = program.slice(at + 2, at + 6)
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw new JqSyntaxError('`\\u` needs four hexadecimal digits', at)
      plain += String.fromCharCode(Number.parseInt(hex, 16))
      at += 6
    } else {
      if (ESCAPES[escape] === undefined) throw new JqSyntaxError(`\`\\${escape}\` is no escape`, at)
      plain += ESCAPES[escape]
      at += 2
    }
  }
  if (at >= program.length) throw new JqSyntaxError('a text is not closed', start)
  return { token: { kind: 'text', value: plain, at: start, parts: [...parts, plain] }, end: at + 1 }
}

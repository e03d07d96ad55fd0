import { PrefixError } from './prefix-error.js'

/** A piece of a prefix as written. */
export type PrefixToken =
  | { readonly kind: 'literal'; readonly text: string; readonly start: number }
  /** `!{namespace:value}`; `text` is all of it, `valueStart` the index of the value in the prefix. */
  | {
      readonly kind: 'expression'
      readonly text: string
      readonly start: number
      readonly namespace: string
      readonly value: string
      readonly valueStart: number
    }

/** Firehose's limit for a prefix before it is evaluated. */
const MAX_PREFIX_LENGTH = 1024

/** Splits a prefix into literals and expressions. A `}` within single quotes does not end an expression. Throws {@link PrefixError}. */
export function readPrefix(text: string): readonly PrefixToken[] {
  if (text.length > MAX_PREFIX_LENGTH) throw new PrefixError(`the prefix is longer than ${MAX_PREFIX_LENGTH} characters`, MAX_PREFIX_LENGTH)
  if (text.startsWith('/')) throw new PrefixError('the prefix starts with `/`', 0, 'leave the first `/` out; keys have none')
  const tokens: PrefixToken[] = []
  let at = 0
  while (at < text.length) {
    const open = text.indexOf('!{', at)
    const end = open < 0 ? text.length : open
    if (end > at) tokens.push(readLiteral(text, at, end))
    if (open < 0) break
    const close = endOfExpression(text, open)
    tokens.push(readExpression(text, open, close))
    at = close
  }
  return tokens
}

function readLiteral(text: string, start: number, end: number): PrefixToken {
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code < 32 || code === 127) throw new PrefixError('a control character in the prefix', i)
    if (text[i] === '\\') throw new PrefixError('a backslash in the prefix', i, 'folders are separated by `/`')
  }
  return { kind: 'literal', text: text.slice(start, end), start }
}

function endOfExpression(text: string, open: number): number {
  let quoted = false
  for (let i = open + 2; i < text.length; i++) {
    if (text[i] === "'") quoted = !quoted
    else if (!quoted && text[i] === '}') return i + 1
    else if (!quoted && text.startsWith('!{', i)) throw new PrefixError('`!{` inside an expression', i, 'close the expression before it with `}`')
  }
  throw new PrefixError('`!{` without a `}` after it', open)
}

function readExpression(text: string, start: number, end: number): PrefixToken {
  const body = text.slice(start + 2, end - 1)
  const colon = body.indexOf(':')
  if (colon < 0) throw new PrefixError(`\`${text.slice(start, end)}\` has no \`:\``, start, 'write !{namespace:value}, for example !{field:plant}')
  return {
    kind: 'expression',
    text: text.slice(start, end),
    start,
    namespace: body.slice(0, colon),
    value: body.slice(colon + 1),
    valueStart: start + 2 + colon + 1,
  }
}

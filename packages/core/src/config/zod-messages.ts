import type { z } from 'zod'

type RawIssue = Parameters<z.core.$ZodErrorMap>[0]

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  map: 'a mapping',
  null: 'nothing',
  undefined: 'nothing',
  date: 'a date',
}

const FORMATS: Readonly<Record<string, string>> = {
  url: 'a URL, like https://example.org',
  email: 'an e-mail address',
  uuid: 'a UUID',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  int: 'a whole number',
  safeint: 'a whole number',
}

/**
 * What was expected, in people's words, for an issue that a component did not word itself. Passed to Zod for
 * each parse, so that a schema's own messages still win.
 */
export const describeExpectation: z.core.$ZodErrorMap = (issue: RawIssue) => {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${kindName(issue.expected)}`
    case 'invalid_value':
      return `expected ${oneOf(issue.values.map(String))}`
    case 'invalid_format':
      return `expected ${describeFormat(issue)}`
    case 'too_small':
      return `expected ${measure(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)}`
    case 'too_big':
      return `expected ${measure(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)}`
    case 'not_multiple_of':
      return `expected a multiple of ${issue.divisor}`
    case 'invalid_key':
      return 'this key is not allowed here'
    case 'invalid_union':
      return 'expected one of several forms'
    default:
      return 'this value is not allowed here'
  }
}

/** `text`, `a number`: a kind of value in people's words. */
export function kindName(kind: string): string {
  return KINDS[kind] ?? kind
}

/** `a, b or c`, with each in backquotes. */
function oneOf(values: readonly string[]): string {
  const quoted = values.map((value) => `\`${value}\``)
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
}

function describeFormat(issue: {
  readonly format: string
  readonly pattern?: string
  readonly prefix?: string
  readonly suffix?: string
  readonly includes?: string
}): string {
  if (issue.prefix !== undefined) return `text that starts with \`${issue.prefix}\``
  if (issue.suffix !== undefined) return `text that ends with \`${issue.suffix}\``
  if (issue.includes !== undefined) return `text that contains \`${issue.includes}\``
  return FORMATS[issue.format] ?? (issue.pattern === undefined ? `a valid ${issue.format}` : `text that matches ${issue.pattern}`)
}

function measure(origin: string, bound: string, limit: number | bigint): string {
  if (origin === 'string')
    return limit === 1 && bound === 'at least' ? 'text that is not empty' : `text of ${bound} ${limit} characters`
  if (origin === 'array' || origin === 'set') return `${bound} ${limit} ${limit === 1 ? 'entry' : 'entries'}`
  if (origin === 'object' || origin === 'map') return `${bound} ${limit} ${limit === 1 ? 'key' : 'keys'}`
  return `a number of ${bound} ${limit}`
}

import { letterElement, literalElement, type PatternElement } from './pattern-element.js'

const MAX_PATTERN_LENGTH = 256
const KNOWN_LETTERS = 'y u Y M L d D Q q w E e a H k K h m s S n X x Z VV'

/** What is wrong in a time pattern, and where. */
export class TimePatternError extends Error {
  override readonly name = 'TimePatternError'

  constructor(
    message: string,
    /** Index in the pattern. */
    readonly offset: number,
    /** What to do about it. */
    readonly hint: string | undefined,
  ) {
    super(message)
  }
}

/** The elements of a pattern in their order, with digits of adjacent numbers shared out as Java does. */
export function readPattern(pattern: string): readonly PatternElement[] {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new TimePatternError(`the pattern is longer than ${MAX_PATTERN_LENGTH} characters`, MAX_PATTERN_LENGTH, undefined)
  }
  const open: { readonly start: number; readonly elements: PatternElement[] }[] = [{ start: 0, elements: [] }]
  let at = 0
  while (at < pattern.length) {
    const { elements } = open[open.length - 1]
    const char = pattern[at]
    if (char === "'") {
      const [literal, end] = readQuoted(pattern, at)
      elements.push(literalElement(literal))
      at = end
    } else if (char === '[') {
      open.push({ start: at++, elements: [] })
    } else if (char === ']') {
      if (open.length === 1) throw new TimePatternError('`]` without a `[` before it', at, undefined)
      open.pop()
      open[open.length - 1].elements.push(optionalElement(shareDigits(elements)))
      at++
    } else if (/[A-Za-z]/.test(char)) {
      const end = endOfRun(pattern, at)
      elements.push(letterElement(char, end - at) ?? refuseLetters(pattern, at, end))
      at = end
    } else if (char === '{' || char === '}' || char === '#') {
      throw new TimePatternError(`\`${char}\` is reserved in time patterns`, at, `write it in quotes: '${char}'`)
    } else {
      elements.push(literalElement(char))
      at++
    }
  }
  const last = open[open.length - 1]
  if (open.length > 1) throw new TimePatternError('`[` without a `]` after it', last.start, undefined)
  return shareDigits(last.elements)
}

function readQuoted(pattern: string, start: number): [string, number] {
  if (pattern[start + 1] === "'") return ["'", start + 2]
  let literal = ''
  for (let at = start + 1; at < pattern.length; at++) {
    if (pattern[at] !== "'") literal += pattern[at]
    else if (pattern[at + 1] === "'") literal += pattern[++at]
    else return [literal, at + 1]
  }
  throw new TimePatternError('a quote that does not end', start, "close it with ', or write two of them for a single quote")
}

function endOfRun(pattern: string, start: number): number {
  let end = start
  while (pattern[end] === pattern[start]) end++
  return end
}

function refuseLetters(pattern: string, start: number, end: number): never {
  const letters = pattern.slice(start, end)
  if (letters[0] === 'z') {
    throw new TimePatternError(`\`${letters}\` is not supported: names like PST mean several zones`, start, 'use VV (Asia/Seoul) or XXX (+09:00)')
  }
  if (letterElement(letters[0], 1) !== undefined) throw new TimePatternError(`\`${letters}\` has too many letters`, start, undefined)
  throw new TimePatternError(`unknown pattern letter \`${letters}\``, start, `text goes in quotes: '${letters}'; known are ${KNOWN_LETTERS}`)
}

/** A part that a text may leave out. */
function optionalElement(elements: readonly PatternElement[]): PatternElement {
  return {
    format: (moment) => elements.map((element) => element.format(moment)).join(''),
    parse(text, start, parsed) {
      const trial = { ...parsed }
      let at = start
      for (const element of elements) {
        at = element.parse(text, at, trial, 0)
        if (at < 0) return start
      }
      Object.assign(parsed, trial)
      return at
    },
    fields: elements.flatMap((element) => element.fields),
    unitSeconds: Math.min(...elements.map((element) => element.unitSeconds), Number.POSITIVE_INFINITY),
  }
}

/** Makes a number of varying width leave the digits of the fixed ones right after it: `yMMdd`. */
function shareDigits(elements: readonly PatternElement[]): readonly PatternElement[] {
  return elements.map((element, index) => {
    if (element.digits === undefined || element.digits.min === element.digits.max) return element
    let reserved = 0
    for (const next of elements.slice(index + 1)) {
      if (next.digits === undefined || next.digits.min !== next.digits.max) break
      reserved += next.digits.min
    }
    return { ...element, parse: (text, at, parsed) => element.parse(text, at, parsed, reserved) }
  })
}

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endOfJson, skipBlanks } from './json-check.js'
import { jsonField } from './json-field.js'

/** Whether the whole text is one JSON value, by the scanner. */
function isJson(bytes: Uint8Array): boolean {
  const end = endOfJson(bytes, skipBlanks(bytes, 0, bytes.length), bytes.length)
  return end >= 0 && skipBlanks(bytes, end, bytes.length) === bytes.length
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const PIECES = ['{', '}', '[', ']', ',', ':', '"', '\\', '\\"', '\\u00e9', '\\uD83D', '\\u12', '\\x', '0', '01', '-', '-0', '1.', '.5', '1e', '1E+5', '12.50e-3', 'true', 'tru', 'null', 'nul', 'false', 'NaN', ' ', '\n', '\t', '\u0001', 'é', '"a"', '"a":1', '{"a":[1,{"b":null}]}', '\ufeff', '\u00a0']

describe('the check of JSON', () => {
  it('holds what JSON.parse holds, over pieces of JSON in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }), (pieces) => {
        const text = pieces.join('')
        expect(isJson(Buffer.from(text))).toBe(parses(text))
      }),
      { numRuns: 6_000 },
    )
  })

  it('holds what JSON.parse holds, over values with one byte changed', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.nat(255), (text, at, byte) => {
        const bytes = Buffer.from(text)
        expect(isJson(bytes)).toBe(true)
        if (bytes.length > 0) bytes[at % bytes.length] = byte
        expect(isJson(bytes)).toBe(parses(bytes.toString()))
      }),
      { numRuns: 2_000 },
    )
  })

  it('finds where a value ends within others', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('', ' ', ',', ']', '}', '\n{'), (text, after) => {
        const bytes = Buffer.from(`x${text}${after}`)
        expect(endOfJson(bytes, 1, bytes.length)).toBe(bytes.length - after.length)
        for (const cut of [1, 2, 3]) if (!parses(text.slice(0, -cut))) expect(endOfJson(bytes, 1, bytes.length - after.length - cut)).toSatisfy((end: number) => end < 0 || parses(text.slice(0, end - 1)))
      }),
      { numRuns: 500 },
    )
  })

  it('takes any depth, and no stack for it', () => {
    for (const depth of [512, 513, 1_000_000]) {
      const deep = Buffer.from('[{"a":'.repeat(depth / 2) + '1' + '}]'.repeat(depth / 2))
      expect(endOfJson(deep, 0, deep.length)).toBe(deep.length)
      expect(endOfJson(deep, 0, deep.length - 1)).toBe(-1)
      expect(endOfJson(Buffer.concat([deep.subarray(0, -1), Buffer.from('}')]), 0, deep.length)).toBe(-1)
    }
  })
})

describe('a field of a record', () => {
  /** As the text of a key, by JSON.parse. */
  function plainField(text: string, field: string): string | undefined {
    let at = JSON.parse(text) as unknown
    for (const name of field.split('.')) {
      if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, name)) return undefined
      at = (at as Record<string, unknown>)[name]
    }
    return typeof at === 'object' ? undefined : String(at as string | number | boolean)
  }

  const leaf = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string(), fc.boolean(), fc.constant(null), fc.array(fc.integer(), { maxLength: 2 }))
  const names = fc.constantFrom('a', 'b', 'é', 'a b', '', '__proto__', 'q"')
  const member = fc.tuple(names, fc.boolean(), fc.letrec((tie) => ({ value: fc.oneof({ maxDepth: 3 }, leaf, fc.array(fc.tuple(names, tie('value')), { maxLength: 3 }).map((pairs) => new Members(pairs))) })).value)

  it('is what JSON.parse finds: the last of its name, with escapes, in objects alone', () => {
    fc.assert(
      fc.property(fc.array(member, { maxLength: 4 }), fc.array(names, { minLength: 1, maxLength: 3 }), fc.constantFrom('', ' ', '\n'), (members, path, blank) => {
        const text = `{${blank}${members.map(([name, escaped, value]) => `${nameText(name, escaped)}${blank}:${blank}${valueText(value)}`).join(`${blank},`)}${blank}}`
        const bytes = Buffer.from(`[${text}]`)
        expect(jsonField(bytes, 1, bytes.length - 1, path.join('.'))).toBe(plainField(text, path.join('.')))
      }),
      { numRuns: 1_000 },
    )
  })

  it.each(['1', '"a"', 'null', '[{"a":1}]'])('is nothing in %s', (text) => {
    expect(jsonField(Buffer.from(text), 0, text.length, 'a')).toBeUndefined()
  })

  class Members {
    constructor(readonly pairs: readonly (readonly [string, unknown])[]) {}
  }

  function valueText(value: unknown): string {
    return value instanceof Members ? `{${value.pairs.map(([name, inner]) => `${JSON.stringify(name)}:${valueText(inner)}`).join(',')}}` : JSON.stringify(value)
  }

  function nameText(name: string, escaped: boolean): string {
    return escaped ? `"${[...name].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"` : JSON.stringify(name)
  }
})

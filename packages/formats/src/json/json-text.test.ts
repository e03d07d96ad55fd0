import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ExactNumber } from '../values/exact-number.js'
import { readJsonText } from './json-text.js'

function asParsed(value: unknown): unknown {
  if (value instanceof ExactNumber) return Number(value.text)
  if (Array.isArray(value)) return value.map(asParsed)
  if (typeof value !== 'object' || value === null) return value
  return JSON.parse(JSON.stringify(Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asParsed(member)])))) as unknown
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

it('reads what JSON.parse reads, as it reads it', () => {
  fc.assert(
    fc.property(fc.json({ noUnicodeString: false }), (text) => {
      const read = readJsonText(text)
      expect(read.ok && asParsed(read.value)).toEqual(asParsed(JSON.parse(text)))
    }),
  )
})

it('refuses what JSON.parse refuses, also when one character of good JSON is off', () => {
  const oneOff = fc.tuple(fc.json(), fc.nat(), fc.constantFrom(...'{}[]",:0123456789eE+-.tfn\\u \n\t\u0001\u00a0')).map(([text, at, char]) => {
    const place = at % (text.length + 1)
    return text.slice(0, place) + char + text.slice(place + (at % 3 === 0 ? 0 : 1))
  })
  fc.assert(
    fc.property(oneOff, (text) => {
      expect(readJsonText(text).ok).toBe(parses(text))
    }),
    { numRuns: 2000 },
  )
})

it('keeps the digits that a double would lose', () => {
  expect(readJsonText('[12345678901234567890, 1.5, 1e2]')).toMatchObject({
    ok: true,
    value: [new ExactNumber('12345678901234567890'), 1.5, new ExactNumber('1e2')],
  })
})

it('gathers unplanned members once, the last of equal names', () => {
  const plan = { raw: false, members: new Map([['l', { raw: false, element: { raw: false, members: new Map() } }]]) }
  const read = readJsonText('{"a":1,"a":2,"l":[{},{"b":3}]}', plan, true)
  expect(read).toMatchObject({ ok: true, rest: { text: '{"a":2,"l":{"1":{"b":3}}}', count: 2 } })
})

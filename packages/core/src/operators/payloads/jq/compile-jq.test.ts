import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileJq } from './compile-jq.js'
import { JQ_CASES } from './jq-cases.testing.js'
import { JqSyntaxError, JqValueError } from './jq-error.js'
import { compareValues } from './jq-values.js'

describe('jq', () => {
  it.each(JQ_CASES)('gives for %s what jq 1.6 gives', (program, input, expected) => {
    const run = (): unknown[] => compileJq(program).run(input)
    if (expected === 'error') expect(run).toThrow(JqValueError)
    else expect(run()).toEqual(expected)
  })

  it.each([
    ['{a: .b + 1}', 7, 'unexpected `+` in an object'],
    ['{a: .b // "x"}', 7, 'unexpected `//` in an object'],
    ['.a | test("x")', 5, '`test/1` is not supported'],
    ['reduce .[] as $x (0; . + $x)', 0, '`reduce` is not supported'],
    ['.a as $x | $x', 3, '`as` is not supported'],
    ['$ENV.HOME', 0, '`$ENV` is not supported'],
    ['.a |= 1', 3, '`|=` is not supported'],
    ['..', 0, '`..` is not supported'],
    ['@base64', 0, '`@base64` is not supported'],
    ['def f: 1; f', 0, '`def` is not supported'],
    ['if .a then 1 end', 13, 'expected `else`'],
    ['.a | strftime("%Y-%Q")', 18, '`%Q` of `strftime` is not supported'],
    ['{a: .b', 6, 'found the end'],
    ['now', 0, '`now/0` is not supported'],
    ['"abc', 0, 'not closed'],
    ['.a]', 2, 'unexpected `]`'],
  ])('refuses %s where it stands', (program, offset, message) => {
    const compile = (): unknown => compileJq(program)
    expect(compile).toThrow(JqSyntaxError)
    expect(compile).toThrow(expect.objectContaining({ offset, message: expect.stringContaining(message) as string }) as Error)
  })

  it('knows the keys of the object that it makes', () => {
    expect(compileJq('{a: .x, "b": .y|tostring, c}').keys).toEqual(['a', 'b', 'c'])
    expect(compileJq('.m | {year: .ts}').keys).toEqual(['year'])
    expect(compileJq('{(.k): 1}').keys).toBeUndefined()
    expect(compileJq('.a').keys).toBeUndefined()
  })

  it('writes times that it reads again', () => {
    const there = compileJq('strftime("%Y-%m-%d %H:%M:%S") | strptime("%Y-%m-%d %H:%M:%S") | mktime')
    fc.assert(fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
      expect(there.run(seconds)).toEqual([seconds])
    }))
  })

  it('orders all values, and one way only', () => {
    const value = fc.jsonValue({ maxDepth: 2 })
    fc.assert(fc.property(value, value, (a, b) => {
      expect(Math.sign(compareValues(a, b))).toBe(-Math.sign(compareValues(b, a)) + 0)
    }))
  })
})

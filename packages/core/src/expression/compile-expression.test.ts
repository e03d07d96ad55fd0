import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createColumns, formatDecimal, parseIsoMicros, type Columns, type Schema } from '../model/index.js'
import { compileExpression } from './compile-expression.js'
import { ExpressionError } from './expression-error.js'
import { buildColumn } from './write-column.js'
import type { Value } from './value.js'
import { columnReader } from './read-column.js'

const SCHEMA: Schema = {
  fields: [
    { name: 'device', type: { kind: 'string' }, nullable: false },
    { name: 'line', type: { kind: 'string' }, nullable: true },
    { name: 'temperature', type: { kind: 'double' }, nullable: false },
    { name: 'pressure', type: { kind: 'float' }, nullable: true },
    { name: 'count', type: { kind: 'int64' }, nullable: false },
    { name: 'shift', type: { kind: 'int32' }, nullable: true },
    { name: 'ok', type: { kind: 'boolean' }, nullable: true },
    { name: 'amount', type: { kind: 'decimal', precision: 10, scale: 2 }, nullable: false },
    { name: 'ts', type: { kind: 'timestamp' }, nullable: false },
    { name: 'day', type: { kind: 'date' }, nullable: false },
    { name: 'raw', type: { kind: 'binary' }, nullable: false },
    { name: 'extra', type: { kind: 'json' }, nullable: true },
    { name: 'vibration', type: { kind: 'struct', fields: [
      { name: 'x', type: { kind: 'double' }, nullable: true },
      { name: 'odd name', type: { kind: 'int32' }, nullable: true },
    ] }, nullable: true },
    { name: 'tags', type: { kind: 'list', element: { name: 'element', type: { kind: 'string' }, nullable: true } }, nullable: false },
    { name: 'readings', type: { kind: 'list', element: { name: 'element', nullable: true, type: { kind: 'struct', fields: [{ name: 'v', type: { kind: 'double' }, nullable: true }] } } }, nullable: false },
    { name: '온도 °C', type: { kind: 'double' }, nullable: true },
  ],
}

const ROW: Record<string, Value> = {
  device: 'press-1', line: 'A', temperature: 91.5, pressure: 2, count: 7n, shift: 2n, ok: true, amount: 1050n,
  ts: parseIsoMicros('2026-03-01T15:04:05.123Z', 'UTC') ?? 0n, day: 20513, raw: Buffer.from([1, 2]), extra: '{"a":1}',
  vibration: [0.25, 3n], tags: ['hot', 'new'], readings: [[1.5], [9]], '온도 °C': 20,
}

function columnsOf(rows: readonly Record<string, Value>[]): Columns {
  const columns = SCHEMA.fields.map((field) => buildColumn(field.type, rows.map((row) => row[field.name] ?? null)))
  return { ...createColumns(SCHEMA), columns, rowCount: rows.length }
}

/** The value for one row like {@link ROW} but for `change`; a failure as `{ error }`. */
function valueOf(text: string, change: Record<string, Value> = {}): unknown {
  const { column, errors } = compileExpression(text, SCHEMA).evaluate(columnsOf([{ ...ROW, ...change }]), null)
  const error = errors.get(0)
  return error === undefined ? columnReader(column)(0) : { error }
}

function problemOf(text: string): ExpressionError {
  try {
    compileExpression(text, SCHEMA)
  } catch (error) {
    if (error instanceof ExpressionError) return error
    throw error
  }
  throw new Error(`compiled: ${text}`)
}

describe('compileExpression', () => {
  it.each<[string, unknown]>([
    ['temperature > 90.0', true], ['temperature * 2.0 - 1.0', 182], ['count % 4', 3n], ['-count / 2', -3n], ['count + shift', 9n],
    ['device + "/" + line', 'press-1/A'], ['line in ["A", "B"]', true], ['count in [1, 2]', false], ['device.startsWith("press")', true],
    ['device.matches("^press-[0-9]+$")', true], ['device.split("-")[1]', '1'], ['int(device.split("-")[1]) + 1', 2n], ['line.lowerAscii()', 'a'],
    ['ok ? "good" : "bad"', 'good'], ['double(count) > temperature', false], ['double(amount)', 10.5], ['string(amount)', '10.50'], ['int(amount)', 10n],
    ['ts + duration("1h") > timestamp("2026-03-01T16:00:00Z")', true], ['ts.getHours("Asia/Seoul")', 0n], ['ts.getDayOfWeek()', 0n], ['ts - ts == duration("0s")', true],
    ['timestamp(day) < ts', true], ['string(day)', '2026-03-01'], ['day == day', true], ['size(raw)', 2n], ['vibration.x', 0.25], ['vibration["odd name"]', 3n],
    ['record["온도 °C"] + 1.0', 21], ['record.device', 'press-1'], ['"hot" in tags', true], ['tags.exists(t, t.startsWith("n"))', true],
    ['readings.filter(r, r.v > 5.0).size()', 1n], ['readings.map(r, r.v * 2.0)', [3, 18]], ['readings.exists(r, r.v > temperature)', false], ['tags.map(t, t + "!")', ['hot!', 'new!']],
    ['{"A": "first", "B": "second"}[line]', 'first'], ['has(vibration.x) && vibration.x > 0.0', true], ['extra != null', true], ['amount', 1050n], ['shift', 2n],
  ])('evaluates %s', (text, value) => {
    expect(valueOf(text)).toEqual(value)
  })

  it.each<[string, boolean]>([
    ['amount > decimal("10.49")', true], ['amount >= decimal("10.5000")', true], ['amount < decimal("10.5001")', true], ['amount < decimal("10.5")', false],
    ['amount == decimal("10.5")', true], ['amount != decimal("10.500")', false], ['amount > 10', true], ['11 > amount', true], ['amount <= 10', false],
    ['amount == 10', false], ['shift < amount', true], ['amount == decimal(shift)', false], ['decimal(amount) == amount', true], ['decimal("-0.5") < 0', true],
    ['amount < decimal("99999999999999999999999999999999.00001")', true], ['amount != null', true], ['amount > 0 ? amount == amount : false', true],
  ])('compares decimals exactly: %s', (text, value) => {
    expect(valueOf(text)).toBe(value)
  })

  it('finds null equal to no decimal', () => {
    expect([valueOf('shift == amount', { shift: null }), valueOf('shift != amount', { shift: null })]).toEqual([false, true])
  })

  it('orders decimals of any scale as their digits do (property)', () => {
    const cents = fc.bigInt({ min: -(10n ** 10n) + 1n, max: 10n ** 10n - 1n })
    const text = fc.tuple(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), fc.integer({ min: 0, max: 6 }))
    fc.assert(
      fc.property(cents, text, (amount, [unscaled, scale]) => {
        const [a, b] = [amount * 10n ** 6n, unscaled * 10n ** BigInt(8 - scale)]
        const written = `decimal("${formatDecimal(unscaled, scale)}")`
        expect(['<', '<=', '>', '>=', '==', '!='].map((operator) => valueOf(`amount ${operator} ${written}`, { amount }))).toEqual([a < b, a <= b, a > b, a >= b, a === b, a !== b])
      }),
      { numRuns: 50 },
    )
  })

  it('keeps the type of a field by itself and gives int64 and double otherwise', () => {
    const typeOf = (text: string): string => compileExpression(text, SCHEMA).type.kind
    expect(['shift', 'shift + 1', 'pressure', 'pressure * 1.0', 'amount', 'day', 'extra', 'vibration', 'ts', 'ok == null', 'tags'].map(typeOf)).toEqual([
      'int32', 'int64', 'float', 'double', 'decimal', 'date', 'json', 'struct', 'timestamp', 'boolean', 'list',
    ])
  })

  it('fails the row where an operation meets a null, and says which', () => {
    expect(valueOf('shift + 1', { shift: null })).toEqual({ error: '`shift` is null' })
    expect(valueOf('pressure > 1.0', { pressure: null })).toEqual({ error: '`pressure` is null' })
    expect(valueOf('ok ? 1 : 2', { ok: null })).toEqual({ error: '`ok` is null' })
    expect(valueOf('vibration.x > 1.0', { vibration: null })).toEqual({ error: '`vibration.x` is null' })
  })

  it('compares nulls, and lets a guard decide', () => {
    expect(valueOf('shift == null', { shift: null })).toBe(true)
    expect(valueOf('shift != 2', { shift: null })).toBe(true)
    expect(valueOf('line in ["A"]', { line: null })).toBe(false)
    expect(valueOf('shift != null && shift > 1', { shift: null })).toBe(false)
    expect(valueOf('shift > 1 || shift == null', { shift: null })).toBe(true)
    expect(valueOf('has(vibration.x)', { vibration: null })).toBe(false)
    expect(valueOf('shift', { shift: null })).toBe(null)
  })

  it('absorbs the failure of a side that does not decide', () => {
    expect(valueOf('1 / (count - count) > 0 || true')).toBe(true)
    expect(valueOf('false && 1 / (count - count) > 0')).toBe(false)
    expect(valueOf('1 / (count - count) > 0 && true')).toEqual({ error: 'division by zero' })
  })

  it('fails an int that leaves 64 bits', () => {
    expect(valueOf('count + 1', { count: 9223372036854775807n })).toEqual({ error: 'integer overflow' })
    expect(valueOf('-count', { count: -9223372036854775808n })).toEqual({ error: 'integer overflow' })
    expect(valueOf('count * count', { count: 4294967296n })).toEqual({ error: 'integer overflow' })
    expect(valueOf('int(temperature)', { temperature: 1e300 })).toEqual({ error: 'double out of the range of int' })
  })

  it('evaluates the selected rows only', () => {
    const rows = columnsOf([ROW, { ...ROW, shift: null }, { ...ROW, shift: 3n }])
    const { column, errors } = compileExpression('shift + 1', SCHEMA).evaluate(rows, Int32Array.of(0, 2))
    expect([0, 2].map(columnReader(column))).toEqual([3n, 4n])
    expect(errors.size).toBe(0)
  })

  it('names the fields it reads', () => {
    expect(compileExpression('vibration.x > temperature && has(vibration.x)', SCHEMA).fields).toEqual(['vibration', 'temperature'])
  })

  it('warns of nullable fields without a guard', () => {
    const warned = (text: string): number => compileExpression(text, SCHEMA).warnings.length
    expect(compileExpression('shift > 1', SCHEMA).warnings[0]).toMatch(/`shift` may be null/)
    expect(['shift > 1 && shift < 3', 'vibration.x > 1.0', 'ok && count > 1', 'shift == null || pressure > 1.0'].map(warned)).toEqual([1, 1, 1, 1])
    expect(['temperature > 1.0', 'shift == 1', 'shift != null && shift > 1', 'shift > 1 && has(shift)', 'shift == null || shift > 1', 'has(shift) ? shift > 1 : false', '!(shift == null) && shift > 1', 'line == "A"'].map(warned)).toEqual(Array(8).fill(0))
  })

  it.each<[string, RegExp, RegExp | undefined, string]>([
    ['temprature > 1.0', /unknown field `temprature`/, /did you mean `temperature`/, 'temprature'],
    ['vibration.y > 1.0', /unknown field `y`/, /known are x, odd name/, 'vibration.y'],
    ['count > 1.5', /no such operation: int > double/, /double\(n\)/, 'count > 1.5'],
    ['temperature > 90', /no such operation: double > int/, /with a point/, 'temperature > 90'],
    ['count == 1.0', /int == double/, /double\(n\)/, 'count == 1.0'],
    ['device > 5', /string > int/, /string\(n\)/, 'device > 5'],
    ['extra.a', /json has no field `a`/, /declare the fields/, 'extra.a'],
    ['amount > 5.0', /decimal\(10,2\) > double/, /decimal\("1\.50"\).*double\(n\)/, 'amount > 5.0'],
    ['amount > decimal("five")', /not a decimal: "five"/, /decimal\("12\.50"\)/, 'decimal("five")'],
    ['amount > decimal(device)', /decimal\(string\)/, /decimal\(p,s\) in the schema/, 'decimal(device)'],
    ['amount + decimal("1.00") > 5', /decimal\(10,2\) \+ decimal\(3,2\)/, /double\(n\)/, 'amount + decimal("1.00")'],
    ['ts > "2026-03-01"', /timestamp > string/, /timestamp\("2026/, 'ts > "2026-03-01"'],
    ['temperature = 5.0', /unexpected character/, /`==`/, '='],
    ['device.startWith("a")', /unknown function `startWith`/, /did you mean `startsWith`/, 'device.startWith("a")'],
    ['startsWith(device, "a")', /called the other way/, /x\.startsWith/, 'startsWith(device, "a")'],
    ['device.contains(1)', /no such function: string\.contains\(int\)/, undefined, 'device.contains(1)'],
    ['device.matches("(?=a)")', /not a regular expression/, /RE2/, '"(?=a)"'],
    ['count && ok', /int && bool/, undefined, 'count && ok'],
    ['ok ? 1 : "a"', /one type/, undefined, 'ok ? 1 : "a"'],
    ['[1, "a"]', /values of one type/, undefined, '"a"'],
    ['duration("1h")', /duration cannot be a column/, /string\(\)/, 'duration("1h")'],
    ['temperature >', /unexpected token/, undefined, ''],
    ['5u', /unsigned/, undefined, '5u'],
    ['9223372036854775808', /does not fit an int/, undefined, '9223372036854775808'],
    ['온도 > 1.0', /unexpected character/, /record\["name"\]/, '온'],
    ['type(count)', /not supported/, undefined, 'type(count)'],
    ['record', /not a value by itself/, undefined, 'record'],
    ['', /empty/, undefined, ''],
  ])('refuses %s and says what to do', (text, message, hint, marked) => {
    const problem = problemOf(text)
    expect(problem.message).toMatch(message)
    if (hint !== undefined) expect(problem.hint).toMatch(hint)
    expect(text.slice(problem.start, problem.end)).toBe(marked)
  })
})

describe('hostile expressions', () => {
  it('match any pattern in linear time', () => {
    expect(valueOf('device.matches("(a+)+$")', { device: `${'a'.repeat(5000)}!` })).toBe(false)
  })

  it('cannot make a pattern of any size', () => {
    expect(problemOf('device.matches("((a{1000}){1000}){1000}")').message).toMatch(/not a regular expression/)
    expect(valueOf('device.matches(line)', { line: '((a{1000}){1000}){1000}' })).toEqual({ error: expect.stringContaining('not a regular expression') as string })
  })

  it.each([
    ['parentheses', `${'('.repeat(5000)}1${')'.repeat(5000)}`], ['negations', `${'!'.repeat(16000)}true`], ['minus signs', `${'-'.repeat(16000)}1`],
    ['a long chain', `1${'+1'.repeat(4000)}`], ['brackets', `${'['.repeat(3000)}${']'.repeat(3000)}`], ['ternaries', `${'true?'.repeat(3000)}1`], ['text', `"${'a'.repeat(20_000)}"`],
  ])('are refused when there is too much of them: %s', (_, text) => {
    expect(problemOf(text)).toBeInstanceOf(ExpressionError)
  })

  it('find nothing but fields by name', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype']) {
      expect(problemOf(name).message).toMatch(/unknown field|reserved identifier/)
      expect(problemOf(`device.${name}`).message).toContain('has no field')
      expect(problemOf(`vibration.${name}`).message).toContain('unknown field')
      expect(problemOf(`vibration["${name}"]`).message).toContain('unknown field')
      expect(problemOf(`${name}(1)`).message).toMatch(/unknown function|reserved identifier/)
      expect(problemOf(`device.${name}()`).message).toContain('unknown function')
      expect(valueOf(`{"${name}": 1}["${name}"]`)).toBe(1n)
      expect(valueOf(`{"a": 1}[device]`, { device: name })).toEqual({ error: 'no such key' })
    }
  })

  it('cannot make a text of any length', () => {
    const ten = 'x'.repeat(10_000)
    expect(valueOf(`device.replace("", device)`, { device: ten })).toEqual({ error: 'the text would be too long' })
  })
})

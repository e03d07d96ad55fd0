import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { visibleWidth, wrapText } from './layout.js'
import { formatTable } from './table.js'

const word = fc.string({ unit: fc.constantFrom('a', 'b', '/', '=', '-', '프'), minLength: 1, maxLength: 30 })

describe('wrapText', () => {
  it('keeps what fits as it is, and hangs what does not', () => {
    expect(wrapText('  -p, --pipeline NAME  only this pipeline', { columns: 80, breaksWords: false })).toBe('  -p, --pipeline NAME  only this pipeline')
    expect(wrapText('    because `file` can be read again', { columns: 22, breaksWords: false }, 8)).toBe('    because `file` can\n        be read again')
    expect(wrapText('one\n  two three', { columns: 9, breaksWords: false })).toBe('one\n  two\nthree')
  })

  it('breaks a long word on a terminal, at a joint where there is one, and never where a program may read', () => {
    const path = 'out/telemetry/dt=2026-03-01/line=L1/'
    expect(wrapText(path, { columns: 20, breaksWords: true }, 2)).toBe('out/telemetry/dt=\n  2026-03-01/line=\n  L1/')
    expect(wrapText(path, { columns: 20, breaksWords: false }, 2)).toBe(path)
  })

  it('never passes the room on a terminal, and loses nothing (property)', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 12 }), fc.integer({ min: 6, max: 40 }), fc.integer({ min: 0, max: 4 }), (words, columns, hanging) => {
        const wrapped = wrapText(words.join(' '), { columns, breaksWords: true }, hanging)
        for (const line of wrapped.split('\n')) expect(visibleWidth(line)).toBeLessThanOrEqual(columns)
        expect(wrapped.replaceAll(/\s/g, '')).toBe(words.join(''))
      }),
    )
  })
})

describe('formatTable', () => {
  const header = ['sink', 'rows', 'where']
  const rows = [['directory', '1,234', 'out/telemetry below the folder of the pipeline'], ['s3', '5', 's3://lake']]

  it('aligns columns, quantities to the right', () => {
    expect(formatTable(header, rows)).toBe(
      ['sink        rows  where', '─────────  ─────  ──────────────────────────────────────────────', 'directory  1,234  out/telemetry below the folder of the pipeline', 's3             5  s3://lake'].join('\n'),
    )
  })

  it('goes on in further lines of a cell where there is no room', () => {
    expect(formatTable(header, rows, { columns: 40, breaksWords: false })).toBe(
      ['sink        rows  where', '─────────  ─────  ──────────────────────', 'directory  1,234  out/telemetry below', '                  the folder of the', '                  pipeline', 's3             5  s3://lake'].join('\n'),
    )
  })

  it('lists each row by itself where not even that fits a terminal; a pipe gets whole words', () => {
    const wide = ['a', 'b', 'c', 'd', 'e'].map((name) => `column-${name}`)
    const cells = ['1', '22', '333', 'four', 'five-and-more']
    expect(formatTable(wide, [cells, cells], { columns: 30, breaksWords: true }).split('\n\n')).toEqual(
      Array.from({ length: 2 }, () => 'column-a  1\ncolumn-b  22\ncolumn-c  333\ncolumn-d  four\ncolumn-e  five-and-more'),
    )
    expect(formatTable(wide, [cells], { columns: 30, breaksWords: false }).split('\n')).toHaveLength(3)
  })

  it('never passes the room of a terminal (property)', () => {
    const table = fc.integer({ min: 1, max: 6 }).chain((columns) => fc.array(fc.array(word, { minLength: columns, maxLength: columns }), { minLength: 2, maxLength: 5 }))
    fc.assert(
      fc.property(table, fc.integer({ min: 50, max: 120 }), ([head, ...body], columns) => {
        for (const line of formatTable(head, body, { columns, breaksWords: true }).split('\n')) expect(visibleWidth(line)).toBeLessThanOrEqual(columns)
      }),
    )
  })
})

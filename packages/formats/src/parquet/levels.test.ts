import { describe, expect, test } from 'vitest'
import { cutPages } from './data-page.js'
import { checkRequired, enterList, enterOptional, presentRows, rootLevels, type Levels } from './levels.js'

const levelsOf = ({ definition, repetition }: Levels) => ({ definition: definition && [...definition], repetition: repetition && [...repetition] })

/** `[[1, null], []]`, `null`, `[]`, `[null, [2]]`: an optional list of optional lists of optional numbers. */
function nestedLists(): Levels {
  const outer = enterList(enterOptional(rootLevels(4), Uint8Array.of(1, 0, 1, 1)), Int32Array.of(0, 2, 2, 2, 4))
  const inner = enterList(enterOptional(outer, Uint8Array.of(1, 1, 0, 1)), Int32Array.of(0, 2, 2, 2, 3))
  return enterOptional(inner, Uint8Array.of(1, 0, 1))
}

describe('levels', () => {
  test('tell null, empty and missing elements of nested lists apart', () => {
    const levels = nestedLists()
    expect(levelsOf(levels)).toEqual({ definition: [5, 4, 3, 0, 1, 2, 5], repetition: [0, 2, 1, 0, 0, 0, 1] })
    expect([levels.maxDefinition, levels.maxRepetition]).toEqual([5, 2])
    expect(presentRows(levels)).toEqual({ count: 2, rows: Int32Array.of(0, 2) })
  })

  test('of a field in a null struct stop at the struct', () => {
    const levels = enterOptional(enterOptional(rootLevels(3), Uint8Array.of(1, 0, 1)), Uint8Array.of(0, 0, 1))
    expect(levelsOf(levels)).toEqual({ definition: [1, 0, 2], repetition: null })
    expect(presentRows(levels)).toEqual({ count: 1, rows: Int32Array.of(2) })
  })

  test('of a column without nulls need no look at its rows', () => {
    const levels = enterOptional(rootLevels(3), Uint8Array.of(1, 1, 1, 0))
    expect(levels.complete).toBe(true)
    expect(presentRows(levels)).toEqual({ count: 3, rows: null })
  })

  test('of a required field are refused where it is null, but not under a null struct', () => {
    const struct = enterOptional(rootLevels(2), Uint8Array.of(1, 0))
    expect(() => checkRequired(struct, Uint8Array.of(1, 0), 's.a')).not.toThrow()
    expect(() => checkRequired(struct, Uint8Array.of(0, 0), 's.a')).toThrow('`s.a`')
  })
})

describe('pages', () => {
  test('begin with a record, so that no list is torn', () => {
    expect([...cutPages(nestedLists(), 2)]).toEqual([
      { entryStart: 0, entryEnd: 3, valueStart: 0, valueEnd: 1 },
      { entryStart: 3, entryEnd: 5, valueStart: 1, valueEnd: 1 },
      { entryStart: 5, entryEnd: 7, valueStart: 1, valueEnd: 2 },
    ])
  })

  test('of a column without nulls hold as many values as entries', () => {
    const levels = enterOptional(rootLevels(5), new Uint8Array(5).fill(1))
    expect([...cutPages(levels, 4)].map(({ valueStart, valueEnd }) => [valueStart, valueEnd])).toEqual([[0, 4], [4, 5]])
  })
})

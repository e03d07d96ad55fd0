import type { RowFrame, RowStep } from './row-frame.js'
import type { MacroNode } from './typed-node.js'
import { Failure, type ListValue, type MapValue, type Value } from './value.js'

/** The parts of a macro, compiled. */
export interface MacroSteps {
  readonly range: RowStep
  readonly filter: RowStep | null
  readonly body: RowStep
}

/** Compiles a macro; each item is put in the macro's slot while its parts are evaluated. */
export function compileMacro(node: MacroNode, steps: MacroSteps, onNullRange: Failure): RowStep {
  const run = macroBody(node, steps)
  return (frame) => {
    const range = steps.range(frame)
    if (range instanceof Failure) return range
    if (range === null) return onNullRange
    return run(frame, range instanceof Map ? [...(range as MapValue).keys()] : (range as ListValue))
  }
}

const NULL_PREDICATE = new Failure('a predicate is null')

function macroBody({ macro, slot }: MacroNode, { filter, body }: MacroSteps): (frame: RowFrame, items: ListValue) => Value {
  const test = (frame: RowFrame, item: Value, step: RowStep): Value => {
    frame.slots[slot] = item
    return step(frame) ?? NULL_PREDICATE
  }
  switch (macro) {
    case 'all':
    case 'exists':
      return (frame, items) => {
        const decisive = macro === 'exists'
        let result: Value = !decisive
        for (const item of items) {
          const value = test(frame, item, body)
          if (value === decisive) return decisive
          if (value instanceof Failure) result = value
        }
        return result
      }
    case 'exists_one':
      return (frame, items) => {
        let count = 0
        for (const item of items) {
          const value = test(frame, item, body)
          if (value instanceof Failure) return value
          if (value === true) count++
        }
        return count === 1
      }
    case 'filter':
      return (frame, items) => {
        const kept: Value[] = []
        for (const item of items) {
          const value = test(frame, item, body)
          if (value instanceof Failure) return value
          if (value === true) kept.push(item)
        }
        return kept
      }
    case 'map':
      return (frame, items) => {
        const mapped: Value[] = []
        for (const item of items) {
          const wanted = filter === null ? true : test(frame, item, filter)
          if (wanted instanceof Failure) return wanted
          if (wanted !== true) continue
          frame.slots[slot] = item
          const value = body(frame)
          if (value instanceof Failure) return value
          mapped.push(value)
        }
        return mapped
      }
  }
}

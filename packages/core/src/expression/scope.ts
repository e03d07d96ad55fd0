import type { ValueType } from './value-type.js'

/** A macro's variable: its slot in the frame, and its type. */
export interface ScopeVariable {
  readonly name: string
  readonly slot: number
  readonly type: ValueType
}

/** The variables of the macros around a place, the innermost last. */
export class Scope {
  private readonly variables: ScopeVariable[] = []

  find(name: string): ScopeVariable | undefined {
    return this.variables.findLast((variable) => variable.name === name)
  }

  names(): string[] {
    return this.variables.map((variable) => variable.name)
  }

  /** Runs `inside` with one more variable, and gives its slot to it. */
  with<Result>(name: string, type: ValueType, inside: (slot: number) => Result): Result {
    const slot = this.variables.length
    this.variables.push({ name, slot, type })
    const result = inside(slot)
    this.variables.pop()
    return result
  }
}

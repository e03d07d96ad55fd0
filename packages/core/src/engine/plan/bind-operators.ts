import type { OperatorDefinition } from '../../component/index.js'
import type { ComponentChoice } from '../../config/index.js'
import type { Schema } from '../../model/index.js'
import type { PlannedOperator } from '../plan.js'
import { bindAt, bindContext, type BindPlace } from './bind-component.js'

/** Operators that are bound, and the schema of what leaves the last one. */
export interface BoundOperators {
  readonly operators: readonly PlannedOperator[]
  readonly schema: Schema
  /** What each was bound with, for the fingerprint. */
  readonly identity: readonly unknown[]
}

/**
 * Binds operators in order, each to the schema of the one before. Undefined where one cannot be bound; those after it
 * are bound all the same, for what is wrong with them, unless it decides what they get.
 */
export async function bindOperators(
  choices: readonly ComponentChoice<OperatorDefinition>[],
  schema: Schema,
  place: BindPlace,
): Promise<BoundOperators | undefined> {
  const operators: PlannedOperator[] = []
  const identity: unknown[] = []
  let current = schema
  let allBound = true
  for (const { definition, config, given, path } of choices) {
    const input = current
    const operator = await bindAt(place, path, () => definition.bind(config, input, bindContext(place, path)))
    if (operator === undefined) {
      if (definition.keepsSchema !== true) return undefined
      allBound = false
      continue
    }
    operators.push({ component: definition.name, operator })
    identity.push({ component: definition.name, config: given, fingerprint: operator.fingerprint })
    current = operator.schema
  }
  return allBound ? { operators, schema: current, identity } : undefined
}

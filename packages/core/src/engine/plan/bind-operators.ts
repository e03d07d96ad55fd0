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

/** Binds operators in order, each to the schema of the one before. Ends at the first that cannot be bound: what follows it is unknown. */
export async function bindOperators(
  choices: readonly ComponentChoice<OperatorDefinition>[],
  schema: Schema,
  place: BindPlace,
): Promise<BoundOperators | undefined> {
  const operators: PlannedOperator[] = []
  const identity: unknown[] = []
  let current = schema
  for (const { definition, config, given, path } of choices) {
    const input = current
    const operator = await bindAt(place, path, () => definition.bind(config, input, bindContext(place, path)))
    if (operator === undefined) return undefined
    operators.push({ component: definition.name, operator })
    identity.push({ component: definition.name, config: given, fingerprint: operator.fingerprint })
    current = operator.schema
  }
  return { operators, schema: current, identity }
}

import type { Plan, PlannedOperator } from './plan.js'

/** The operators of a plan that keep state, those before all sinks first; where there are any, its objects commit together with it. */
export function statefulOperators({ operators, sinks }: Pick<Plan, 'operators' | 'sinks'>): readonly PlannedOperator[] {
  return [operators, ...sinks.map((sink) => sink.operators)].flat().filter(({ operator }) => operator.traits.stateful)
}

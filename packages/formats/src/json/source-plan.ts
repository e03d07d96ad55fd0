import type { DataType, Field } from '@standpipe/core/model'
import type { SourcePlan } from './json-text.js'

/** What reading these fields needs of a text. */
export function sourcePlanOf(fields: readonly Field[]): SourcePlan {
  const members = new Map<string, SourcePlan>()
  for (const field of fields) {
    const name = field.input?.from ?? field.name
    const other = members.get(name)
    const own = planOfType(field.type)
    members.set(name, other === undefined ? own : mergePlans(other, own))
  }
  return { raw: false, members }
}

/** Whether some value is always wanted as its own text. */
export function wantsRaw(plan: SourcePlan): boolean {
  if (plan.raw || (plan.element !== undefined && wantsRaw(plan.element))) return true
  return plan.members !== undefined && [...plan.members.values()].some(wantsRaw)
}

/** Whether some field holds more digits than a double, so that long numbers must be read from their text. */
export function wantsExactNumbers(fields: readonly Field[]): boolean {
  return fields.some(({ type, input }) => {
    switch (type.kind) {
      case 'int32':
      case 'int64':
      case 'decimal':
        return true
      case 'timestamp':
      case 'date':
        return input?.time?.kind === 'epoch'
      case 'struct':
        return wantsExactNumbers(type.fields)
      case 'list':
        return wantsExactNumbers([type.element])
      default:
        return false
    }
  })
}

/** What reading a value of this type needs of a text. */
export function planOfType(type: DataType): SourcePlan {
  switch (type.kind) {
    case 'json':
      return { raw: true }
    case 'struct':
      return sourcePlanOf(type.fields)
    case 'list':
      return { raw: false, element: planOfType(type.element.type) }
    default:
      return { raw: false }
  }
}

/** Two fields read one member. */
function mergePlans(a: SourcePlan, b: SourcePlan): SourcePlan {
  const members = new Map([...(a.members ?? []), ...(b.members ?? [])])
  for (const [name, plan] of a.members ?? []) {
    const other = b.members?.get(name)
    if (other !== undefined) members.set(name, mergePlans(plan, other))
  }
  const element = a.element !== undefined && b.element !== undefined ? mergePlans(a.element, b.element) : (a.element ?? b.element)
  return { raw: a.raw || b.raw, members: members.size > 0 ? members : undefined, element }
}

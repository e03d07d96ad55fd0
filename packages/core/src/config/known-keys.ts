import { z } from 'zod'
import { isMapping, type ConfigPath } from './config-path.js'

/** The JSON Schema of what users write for a Zod schema. What JSON Schema cannot say is left open. */
export function toInputSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>
  return rest
}

/** The keys that a schema names at a path: what an unknown key there was meant to be. */
export function knownKeys(schema: z.ZodType, path: ConfigPath): string[] {
  const root = toInputSchema(schema)
  let places = branches(root, root)
  for (const step of path) {
    places = places.flatMap((place) => {
      const next =
        typeof step === 'number'
          ? place.items
          : ((isMapping(place.properties) ? place.properties[step] : undefined) ?? place.additionalProperties)
      return isMapping(next) ? branches(next, root) : []
    })
  }
  return [...new Set(places.flatMap((place) => (isMapping(place.properties) ? Object.keys(place.properties) : [])))]
}

function branches(place: Record<string, unknown>, root: Record<string, unknown>): Record<string, unknown>[] {
  const inner = [place.anyOf, place.oneOf, place.allOf].flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []))
  const referred =
    typeof place.$ref === 'string' && place.$ref.startsWith('#/$defs/') && isMapping(root.$defs)
      ? root.$defs[place.$ref.slice(8)]
      : undefined
  return [place, ...[...inner, referred].flatMap((other) => (isMapping(other) && other !== place ? branches(other, root) : []))]
}

import type { Field } from '@standpipe/core/model'
import type { SourcePlan } from '../json/json-text.js'

/** How names of the input are made alike before they are compared. */
export interface NameFolding {
  readonly caseInsensitive: boolean
  readonly dotsToUnderscores: boolean
}

/** A name of the input, made alike. */
export function foldName(name: string, { caseInsensitive, dotsToUnderscores }: NameFolding): string {
  const dotless = dotsToUnderscores ? name.replaceAll('.', '_') : name
  return caseInsensitive ? dotless.toLowerCase() : dotless
}

/** The fields with names as they are found in a folded input; `keys` names the key of a top-level field where it is another. */
export function foldFields(fields: readonly Field[], folding: NameFolding, keys: Readonly<Record<string, string>> = {}): readonly Field[] {
  return fields.map((field) => {
    const key = Object.hasOwn(keys, field.name) ? keys[field.name] : (field.input?.from ?? field.name)
    const element = field.type.kind === 'list' ? foldFields([field.type.element], folding)[0] : undefined
    const type =
      field.type.kind === 'struct'
        ? { ...field.type, fields: foldFields(field.type.fields, folding) }
        : element === undefined
          ? field.type
          : { kind: 'list' as const, element }
    return { ...field, type, input: { ...field.input, from: foldName(key, folding) } }
  })
}

/** Which values of a folded input are wanted as their own text: those of `json`, and those of `string`, which may be objects. */
export function textPlan(fields: readonly Field[], folding: NameFolding): SourcePlan {
  const members = new FoldedMap(folding)
  for (const { name, type, input } of fields) members.set(input?.from ?? name, planOf(type, folding))
  return { raw: false, members }
}

function planOf(type: Field['type'], folding: NameFolding): SourcePlan {
  switch (type.kind) {
    case 'string':
    case 'json':
      return { raw: true }
    case 'struct':
      return textPlan(type.fields, folding)
    case 'list':
      return { ...planOf(type.element.type, folding), element: planOf(type.element.type, folding) }
    default:
      return { raw: false }
  }
}

class FoldedMap extends Map<string, SourcePlan> {
  constructor(private readonly folding: NameFolding) {
    super()
  }

  override get(name: string): SourcePlan | undefined {
    return super.get(foldName(name, this.folding))
  }
}

import type { z } from 'zod'
import { isMapping, valueAt, type ConfigPath } from './config-path.js'
import { suggest } from './suggest.js'
import type { ProblemLog } from './problem.js'
import { validate } from './validate.js'

/** A component that a configuration names, with its validated config. */
export interface ComponentChoice<Definition> {
  readonly definition: Definition
  /** What the component's schema made of the config. */
  readonly config: unknown
  /** As the user gave it, filled in and completed. */
  readonly given: unknown
  /** Where the config stands. */
  readonly path: ConfigPath
}

interface Choosable {
  readonly name: string
  readonly config: z.ZodType
}

/** How a component is chosen. */
export interface ChoiceOptions<Definition> {
  /** Keys that may stand beside the component's own. */
  readonly beside?: readonly string[]
  /** Adds what the pipeline's preset says to what the user gave. */
  complete?(definition: Definition, given: unknown): unknown
}

/**
 * Reads `{ s3: { … } }` at a path: one key names a component, its value is the config. Reports what is wrong
 * and returns undefined then; that there is a mapping at all is the pipeline's own shape to check.
 */
export function chooseComponent<Definition extends Choosable>(
  what: string,
  known: ReadonlyMap<string, Definition>,
  log: ProblemLog,
  path: ConfigPath,
  options: ChoiceOptions<Definition> = {},
): ComponentChoice<Definition> | undefined {
  const { beside = [], complete } = options
  const entry = valueAt(log.document.value, path)
  const names = [...known.keys()]
  if (!isMapping(entry)) return undefined
  const keys = Object.keys(entry).filter((key) => !beside.includes(key))
  const unknown = keys.filter((key) => !known.has(key))
  for (const key of unknown) {
    const hint = known.size === 0 ? `no ${what} is registered` : suggest(key, [...names, ...(keys.length > 1 ? beside : [])])
    log.error([...path, key], `there is no ${what} \`${key}\`; there are: ${names.join(', ')}`, {
      at: 'key',
      ...(hint?.startsWith('known') === true ? {} : { hint }),
    })
  }
  if (unknown.length > 0) return undefined
  if (keys.length !== 1) {
    const found = keys.length === 0 ? 'found none' : `found ${keys.map((key) => `\`${key}\``).join(' and ')}`
    log.error(path, `one key must name the ${what}; ${found}`, {
      at: 'key',
      hint:
        keys.length === 0
          ? `there are: ${names.join(', ')}`
          : `keep one${what === 'operator' ? ', and write each operator as an entry of its own' : ''}`,
    })
    return undefined
  }
  const definition = known.get(keys[0]) as Definition
  const at = [...path, keys[0]]
  const given = entry[keys[0]] ?? {}
  const completed = complete === undefined ? given : complete(definition, given)
  const checked = validate(definition.config, log, at, completed)
  return checked === undefined ? undefined : { definition, config: checked.value, given: completed, path: at }
}

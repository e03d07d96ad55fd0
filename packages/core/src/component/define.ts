import type { z } from 'zod'

/** How far a component can be relied on; shown in every listing. */
export type Stability = 'experimental' | 'beta' | 'stable'

/** What every component declares about itself. Everything else about it is derived from this one value. */
export interface ComponentDefinition<Config extends z.ZodType = z.ZodType> {
  /** The key that names it in YAML. Sources and sinks are nouns of the other system, operators are verbs. */
  readonly name: string
  /** One sentence, for listings. */
  readonly summary: string
  readonly stability: Stability
  /** Longer text for the reference page, in Markdown. */
  readonly description?: string
  /** The options: what is valid, its defaults, and a `.describe()` for each. Use `duration()` and `size()` for units. */
  readonly config: Config
  /** Configs that work, as YAML would have them; the tests build each one. */
  readonly examples: readonly ComponentExample[]
}

/** A config that works, and what it shows. */
export interface ComponentExample {
  readonly title: string
  readonly config: unknown
}

/** What a component's `bind` found wrong in its config. Thrown; the loader adds file, line and column. */
export class ConfigProblemError extends Error {
  override readonly name = 'ConfigProblemError'
  /** Where in the component's own config: `['where', 0]`; empty for the whole. */
  readonly path: readonly (string | number)[]
  /** Offset in the text at `path`, where the problem lies inside a text (an expression, a prefix). */
  readonly offset: number | undefined
  /** What to do about it. */
  readonly hint: string | undefined

  constructor(message: string, where: { path?: readonly (string | number)[]; offset?: number; hint?: string } = {}) {
    super(message)
    this.path = where.path ?? []
    this.offset = where.offset
    this.hint = where.hint
  }
}

/** What a component is told when it is bound to its place in a pipeline; nothing has been opened yet. */
export interface BindContext {
  readonly pipeline: string
  /** The folder of the pipeline file; relative paths start here. */
  readonly directory: string
  /** Notes a problem that does not stop the pipeline; `check` prints it. */
  warn(message: string, path?: readonly (string | number)[]): void
}

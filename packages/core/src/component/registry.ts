import type { FormatDefinition } from './format.js'
import type { OperatorDefinition } from './operator.js'
import type { SinkDefinition } from './sink.js'
import type { SourceDefinition } from './source.js'

/** Any component. */
export type AnyDefinition = SourceDefinition | OperatorDefinition | SinkDefinition | FormatDefinition

/** The components a pipeline may name. An explicit list, never a side effect of an import. */
export interface Registry {
  readonly sources: ReadonlyMap<string, SourceDefinition>
  readonly operators: ReadonlyMap<string, OperatorDefinition>
  readonly sinks: ReadonlyMap<string, SinkDefinition>
  readonly formats: ReadonlyMap<string, FormatDefinition>
}

/** A registry of these components. Throws where two of a kind have one name. */
export function createRegistry(definitions: readonly AnyDefinition[]): Registry {
  const of = <Kind extends AnyDefinition['kind']>(kind: Kind): Map<string, Extract<AnyDefinition, { kind: Kind }>> => {
    const found = new Map<string, Extract<AnyDefinition, { kind: Kind }>>()
    for (const definition of definitions) {
      if (definition.kind !== kind) continue
      if (found.has(definition.name)) throw new TypeError(`two ${kind}s are named \`${definition.name}\``)
      found.set(definition.name, definition as Extract<AnyDefinition, { kind: Kind }>)
    }
    return found
  }
  return { sources: of('source'), operators: of('operator'), sinks: of('sink'), formats: of('format') }
}

import type { MemberPath, Note } from '../firehose/refusal.js'

/** A delivery stream that a file tells of, as the input of CreateDeliveryStream. */
export interface FoundStream {
  readonly name: string
  /** Not checked yet; texts may hold `${NAME}` for what only the deployment knows. */
  readonly definition: Readonly<Record<string, unknown>>
  /** Where a member of the definition stands in the file. */
  placeOf(path: MemberPath): MemberPath
  /** What of the file is not in the definition, or only the deployment knows. */
  readonly notes: readonly Note[]
  /** What the file tells beside the definition. */
  readonly arn?: string
  readonly region?: string
  readonly version?: string
  /** Columns of the Glue table that the stream converts by, where the file defines it too. */
  readonly columns?: readonly GlueColumn[]
}

/** A column of a Glue table. */
export interface GlueColumn {
  readonly name: string
  readonly type: string
}

/** An object with keys, as JSON has it. */
export type JsonObject = Readonly<Record<string, unknown>>

/** A value as an object with keys; empty where it is none. */
export function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

/** A value as a list; empty where it is none. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : []
}

/** A text that is to be taken as it stands: `${` is written `$${` in a pipeline file. */
export function literalText(text: string): string {
  return text.replaceAll('${', () => '$${')
}

/** Columns in a list of `{ Name, Type }` or `{ name, type }`. */
export function glueColumns(columns: unknown): readonly GlueColumn[] {
  return asList(columns).flatMap((column) => {
    const { Name: name = asObject(column).name, Type: type = asObject(column).type } = asObject(column)
    return typeof name === 'string' && typeof type === 'string' ? [{ name, type }] : []
  })
}

/** A value with every text in it taken as it stands. */
export function literalTexts(value: unknown): unknown {
  if (typeof value === 'string') return literalText(value)
  if (Array.isArray(value)) return value.map((element) => literalTexts(element))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, literalTexts(member)]))
}

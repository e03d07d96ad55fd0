import type { z } from 'zod'
import { didYouMean } from '@standpipe/core'
import { definitionShape, type Definition } from './definition-shape.js'
import type { MemberPath, Refusal } from './refusal.js'

/** A definition whose members are all known and of the right kind, or what is wrong with it. */
export type ReadDefinition = { readonly definition: Definition } | { readonly refusals: readonly Refusal[] }

/** Checks the input of CreateDeliveryStream, as JSON, against the API's own shapes. Whether Standpipe can run it says `toPipeline`. */
export function readDefinition(input: unknown): ReadDefinition {
  const read = definitionShape.safeParse(input, { error: describeIssue })
  return read.success ? { definition: read.data } : { refusals: read.error.issues.flatMap((issue) => refusalsOf(issue)) }
}

function refusalsOf(issue: z.core.$ZodIssue): Refusal[] {
  const path = issue.path as MemberPath
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message, kind: 'shape' }]
  return issue.keys.map((key) => {
    const hint = didYouMean(key, membersAt(path))
    return { path: [...path, key], message: `Firehose has no member of this name${hint === undefined ? '' : `; ${hint}`}`, kind: 'shape' }
  })
}

function describeIssue(issue: Parameters<z.core.$ZodErrorMap>[0]): string {
  const missing = issue.input === undefined
  switch (issue.code) {
    case 'invalid_type':
      return missing ? 'Member must not be null' : `expected ${issue.expected}`
    case 'invalid_value':
      return missing ? 'Member must not be null' : `Member must satisfy enum value set: [${issue.values.join(', ')}]`
    case 'too_small':
      return issue.origin === 'string' ? `Member must have length greater than or equal to ${issue.minimum}` : `Member must have value greater than or equal to ${issue.minimum}`
    case 'too_big':
      return issue.origin === 'string' || issue.origin === 'array'
        ? `Member must have length less than or equal to ${issue.maximum}`
        : `Member must have value less than or equal to ${issue.maximum}`
    case 'invalid_format':
      return `Member must satisfy regular expression pattern: ${issue.pattern ?? issue.format}`
    default:
      return 'this value is not allowed here'
  }
}

/** Names of the members that an object of the API may have. */
function membersAt(path: MemberPath): readonly string[] {
  let shape: unknown = definitionShape
  for (const step of path) {
    shape = unwrap(shape)
    if (typeof step === 'number') shape = (shape as { element?: unknown }).element
    else shape = (shape as { shape?: Record<string, unknown> }).shape?.[step]
  }
  return Object.keys((unwrap(shape) as { shape?: object } | undefined)?.shape ?? {})
}

function unwrap(shape: unknown): unknown {
  const inner = (shape as { unwrap?: () => unknown } | undefined)?.unwrap
  return typeof inner === 'function' && 'innerType' in (shape as { def: object }).def ? inner.call(shape) : shape
}

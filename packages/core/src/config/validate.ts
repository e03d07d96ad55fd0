import type { z } from 'zod'
import { startsWith } from './config-document.js'
import { isMapping, replaceAt, valueAt, type ConfigPath } from './config-path.js'
import { suggest } from './suggest.js'
import { knownKeys } from './known-keys.js'
import type { ProblemLog } from './problem.js'
import { describeExpectation, kindName } from './zod-messages.js'

type Issue = z.core.$ZodIssue
type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly issues: readonly Issue[] }

/**
 * Validates the value at a path, and reports everything wrong with it. A component without a config
 * (`stdin:`) has an empty one. Returns undefined where it is not valid.
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  log: ProblemLog,
  path: ConfigPath,
  value?: unknown,
): { readonly value: z.output<Schema> } | undefined {
  const given = value === undefined ? valueAt(log.document.value, path) : value
  let parsed: Parsed<z.output<Schema>>
  try {
    parsed = parseFilled(schema, given ?? {}, variablesBelow(path, log))
  } catch (error) {
    log.error(path, `this could not be checked: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
  if (parsed.ok) return { value: parsed.value }
  for (const issue of parsed.issues) reportIssue(issue, schema, log, path, path)
  return undefined
}

/** The value at a path as {@link validate} would give it, without a word about what is wrong; undefined where something is. */
export function readIfValid<Schema extends z.ZodType>(schema: Schema, log: ProblemLog, path: ConfigPath): z.output<Schema> | undefined {
  const parsed = parseFilled(schema, valueAt(log.document.value, path), variablesBelow(path, log))
  return parsed.ok ? parsed.value : undefined
}

/** Where a text is a variable as a whole, from `path` on. */
function variablesBelow(path: ConfigPath, log: ProblemLog): readonly ConfigPath[] {
  return log.document.wholes.filter((whole) => startsWith(whole, path)).map((whole) => whole.slice(path.length))
}

/**
 * A text that is one `${PORT}` stays a text unless that does not fit and what YAML's core schema reads in it
 * (a number, true, false) does; so `token: ${TOKEN}` and `port: ${PORT}` both mean what they say.
 */
function parseFilled<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  wholes: readonly ConfigPath[],
): Parsed<z.output<Schema>> {
  const first = parse(schema, value)
  if (first.ok) return first
  let best: Parsed<z.output<Schema>> = first
  let current = value
  for (const whole of wholes) {
    if (best.ok) break
    if (!best.issues.some((issue) => startsWith(whole, issue.path as ConfigPath))) continue
    const read = readCoreScalar(valueAt(current, whole))
    if (read === undefined) continue
    const candidate = replaceAt(current, whole, read)
    const parsed = parse(schema, candidate)
    if (parsed.ok || parsed.issues.length < best.issues.length) {
      best = parsed
      current = candidate
    }
  }
  return best
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): Parsed<z.output<Schema>> {
  const result = schema.safeParse(value, { error: describeExpectation })
  return result.success ? { ok: true, value: result.data } : { ok: false, issues: result.error.issues }
}

/** The number or boolean that a text is by the rules of YAML's core schema, or undefined. */
export function readCoreScalar(text: unknown): number | boolean | undefined {
  if (typeof text !== 'string') return undefined
  if (/^(?:true|True|TRUE)$/.test(text)) return true
  if (/^(?:false|False|FALSE)$/.test(text)) return false
  if (/^0o[0-7]+$/.test(text) || /^0x[0-9a-fA-F]+$/.test(text)) return Number(text)
  return /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(text) ? Number(text) : undefined
}

/** `start` is where the schema stands; `base` is where this issue's own path starts. */
function reportIssue(issue: Issue, schema: z.ZodType, log: ProblemLog, start: ConfigPath, base: ConfigPath): void {
  const path = [...base, ...(issue.path as ConfigPath)]
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, path.slice(start.length))
    const present = valueAt(log.document.value, path)
    const open = known.filter((key) => !isMapping(present) || !Object.hasOwn(present, key))
    for (const key of issue.keys)
      log.error([...path, key], `unknown key \`${key}\``, { at: 'key', hint: suggest(key, open.length > 0 ? open : known) })
    return
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const branch = chooseBranch(issue.errors)
    if (branch !== undefined) {
      for (const inner of branch) reportIssue(inner, schema, log, start, path)
      return
    }
  }
  const message = issue.code === 'invalid_union' && issue.errors.length > 0 ? joinExpectations(issue.errors) : issue.message
  const expected = message.startsWith('expected ') ? message.slice('expected '.length) : undefined
  const found = valueAt(log.document.written, path)
  const last = path.at(-1)
  if (found === undefined && path.length > start.length && typeof last === 'string') {
    log.error(path.slice(0, -1), `\`${last}\` is missing: ${message}`, {
      at: 'key',
      ...(expected === undefined ? {} : { expected }),
    })
    return
  }
  const suffix = issue.code === 'custom' && expected === undefined ? '' : `; found ${showValue(found)}`
  const hint = issue.code === 'invalid_value' && typeof found === 'string' ? closestValue(found, issue.values) : undefined
  log.error(path, `${message}${suffix}`, {
    ...(expected === undefined ? {} : { expected }),
    ...(hint === undefined ? {} : { hint }),
  })
}

/** The form that was meant: one that fits in kind, and of those the one with the fewest mistakes. */
function chooseBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const fitting = branches.filter(
    (issues) => issues.length > 0 && !issues.some((issue) => issue.path.length === 0 && issue.code !== 'unrecognized_keys'),
  )
  return [...fitting].sort((a, b) => a.length - b.length)[0]
}

function joinExpectations(branches: readonly (readonly Issue[])[]): string {
  const wanted = branches
    .flatMap((issues) => issues.flatMap(flattenUnion))
    .map((issue) => issue.message.replace(/^expected /, ''))
  return `expected ${[...new Set(wanted)].join(' or ')}`
}

function flattenUnion(issue: Issue): Issue[] {
  return issue.code === 'invalid_union' && issue.errors.length > 0
    ? issue.errors.flatMap((inner) => inner.flatMap(flattenUnion))
    : [issue]
}

function closestValue(found: string, values: readonly unknown[]): string | undefined {
  const hint = suggest(found, values.map(String))
  return hint?.startsWith('did you mean') === true ? hint : undefined
}

/** A value as a message shows it: short, and mappings and lists by their kind alone. */
export function showValue(value: unknown): string {
  if (value === undefined || value === null) return kindName('null')
  if (Array.isArray(value)) return kindName('array')
  if (typeof value === 'object') return kindName('object')
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  return String(value as number | boolean | bigint)
}

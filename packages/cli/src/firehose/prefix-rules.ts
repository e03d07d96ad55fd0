import type { Findings, MemberPath } from './refusal.js'

/** An expression of a Firehose prefix: `!{namespace:value}`. */
interface PrefixExpression {
  readonly namespace: string
  readonly value: string
}

/** When the objects of a prefix without expressions arrived: Firehose appends it without a slash before it. */
const ARRIVAL_HOUR = '!{timestamp:yyyy/MM/dd/HH}/'

const ERROR_TYPE = '!{firehose:error-output-type}'

/** The expressions of a prefix, in their order. What is malformed is left to the pipeline's own check. */
function prefixExpressions(prefix: string): readonly PrefixExpression[] {
  return [...prefix.matchAll(/!\{([^:}]*):((?:'[^']*'|[^}'])*)\}/g)].map(([, namespace, value]) => ({ namespace, value }))
}

/** Names of the partition keys that a prefix uses, by where they come from. */
export function partitionKeys(prefix: string, from: 'Query' | 'Lambda'): readonly string[] {
  return [...new Set(prefixExpressions(prefix).flatMap(({ namespace, value }) => (namespace === `partitionKeyFrom${from}` ? [value] : [])))]
}

/** What stands before and after the prefix rules that a destination is checked against. */
export interface PrefixPlace {
  readonly at: MemberPath
  readonly prefix: string
  readonly errorPrefix: string | undefined
  /** Whether the destination partitions dynamically. */
  readonly dynamic: boolean
}

/** Checks Firehose's rules on prefixes (facts A.8). */
export function checkPrefixes({ at, prefix, errorPrefix, dynamic }: PrefixPlace, findings: Findings): void {
  const prefixAt = [...at, 'Prefix']
  const errorAt = [...at, 'ErrorOutputPrefix']
  const expressions = prefixExpressions(prefix)
  for (const { namespace, value } of expressions) checkExpression(namespace, value, prefixAt, findings)
  for (const { namespace, value } of prefixExpressions(errorPrefix ?? '')) {
    if (namespace.startsWith('partitionKeyFrom')) findings.breaksRule(errorAt, `\`!{${namespace}:${value}}\` may stand in Prefix only`)
    else checkExpression(namespace, value, errorAt, findings)
  }
  if (prefix.includes(ERROR_TYPE)) findings.breaksRule(prefixAt, `\`${ERROR_TYPE}\` may stand in ErrorOutputPrefix only`)
  if (expressions.length > 0 && (errorPrefix ?? '') === '') findings.breaksRule(errorAt, 'ErrorOutputPrefix cannot be null when Prefix contains expressions')
  if (errorPrefix?.includes('!{') === true && !errorPrefix.includes(ERROR_TYPE)) {
    findings.breaksRule(errorAt, `ErrorOutputPrefix must contain \`${ERROR_TYPE}\` when it contains expressions`)
  }
  const keyed = expressions.some(({ namespace }) => namespace.startsWith('partitionKeyFrom'))
  if (keyed && !dynamic) findings.breaksRule(prefixAt, 'partition keys need DynamicPartitioningConfiguration.Enabled')
  if (dynamic && !keyed) findings.breaksRule(prefixAt, 'dynamic partitioning needs a partition key in Prefix: !{partitionKeyFromQuery:…} or !{partitionKeyFromLambda:…}')
}

function checkExpression(namespace: string, value: string, at: MemberPath, findings: Findings): void {
  if (!isKnownExpression(namespace, value)) findings.breaksRule(at, `Firehose has no expression \`!{${namespace}:${value}}\``)
}

/** Why Firehose cannot take a prefix of a pipeline; undefined where it can. */
export function prefixProblem(prefix: string): string | undefined {
  const stranger = prefixExpressions(prefix).find(({ namespace, value }) => !isKnownExpression(namespace, value))
  if (stranger === undefined) return undefined
  const hint = stranger.namespace === 'field' ? `: \`transform: [{ extractKeys: '{key: .${stranger.value}}' }]\` makes a key, and \`!{partitionKeyFromQuery:key}\` takes it` : ''
  return `Firehose has no expression \`!{${stranger.namespace}:${stranger.value}}\`${hint}`
}

function isKnownExpression(namespace: string, value: string): boolean {
  return (
    namespace === 'timestamp' ||
    namespace === 'partitionKeyFromQuery' ||
    namespace === 'partitionKeyFromLambda' ||
    (namespace === 'firehose' && (value === 'random-string' || value === 'error-output-type'))
  )
}

/** The prefix of error records: its own, or made of the destination's prefix as Firehose makes it. */
export function errorPrefixOf(prefix: string, errorPrefix: string | undefined): string {
  if (errorPrefix?.includes('!{') === true) return errorPrefix
  return `${(errorPrefix ?? '') === '' ? prefix : errorPrefix}${ERROR_TYPE}/${ARRIVAL_HOUR}`
}

import { schemaToYaml } from '@standpipe/core'
import type { DoubtfulField, Seen, SeenKind } from '@standpipe/formats'
import { count, counted } from '../terminal/count.js'
import type { FileSample } from './sample-file.js'

const MANY: Readonly<Record<SeenKind, string>> = {
  boolean: 'booleans',
  int64: 'whole numbers',
  double: 'numbers',
  timestamp: 'timestamps',
  date: 'dates',
  string: 'texts',
  object: 'objects',
  list: 'lists',
}

/** The fields of a sample as YAML, one on a line, with a comment before each that a person should look at. */
export function describeSchema({ schema, doubtful }: FileSample): readonly string[] {
  const lines = schemaToYaml(schema).trimEnd().split('\n')
  return schema.fields.flatMap(({ name }, i) => {
    const doubts = doubtful.filter(({ path }) => path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`))
    return [...doubts.flatMap(describeDoubt).map((line) => `# ${line}`), lines[i]]
  })
}

/** From how many records a schema is, and how many of those were passed over, as lines of comment. */
export function describeOrigin({ path, records, notText, malformed }: FileSample): readonly string[] {
  return [
    `# from ${counted(records, 'record')} of ${path}`,
    ...(notText === undefined ? [] : [`# passed over: ${counted(notText.count, 'record')} that ${notText.count === 1 ? 'is' : 'are'} not UTF-8, the first at ${notText.origin}`]),
    ...(malformed === undefined ? [] : [`# passed over: ${counted(malformed.count, 'record')} that cannot be read, the first at ${malformed.origin}`]),
  ]
}

function describeDoubt({ path, type, values, holdsAll, odd }: DoubtfulField): readonly string[] {
  if (holdsAll) return [`${path}: of several kinds, so ${type}: ${odd.map(describeSeen).join(', ')}`]
  return [
    `${path}: ${odd.map(describeSeen).join(', ')} of ${count(values)} values; such a record becomes a dead letter,`,
    `or its field null with decode: { typeMismatch: "null" }`,
  ]
}

function describeSeen({ kind, count: seen, example, origin }: Seen): string {
  return seen === 1 ? `${example} (${origin})` : `${count(seen)} ${MANY[kind]} such as ${example} (${origin})`
}

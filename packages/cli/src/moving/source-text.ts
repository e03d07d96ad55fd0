import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type Node } from 'yaml'
import type { MemberPath } from '../firehose/refusal.js'

/** A place in a text, both from 1. */
export interface TextPlace {
  readonly line: number
  readonly column: number
}

/** A JSON or YAML text with the places of its values. */
export interface SourceText {
  /** Plain values; a value with one of CloudFormation's tags (`!Ref`) is the function it stands for (`{ Ref: … }`). */
  readonly values: readonly unknown[]
  /** Where a value of a document stands, or what is there of the way to it. */
  locate(document: number, path: MemberPath): TextPlace
}

/** Deeper than any template, and an alias that holds itself ends there. */
const MAX_DEPTH = 100

/** Reads a text of JSON or YAML; where it is neither, says why and where. */
export function readSourceText(text: string): SourceText | { readonly problem: string; readonly place: TextPlace } {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text.replace(/^\uFEFF/, ''), { lineCounter: lines, schema: 'core', prettyErrors: false, logLevel: 'silent' })
  const at = (offset: number): TextPlace => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const whole = [...documents]
  for (const { errors } of whole) {
    if (errors.length > 0) return { problem: `neither JSON nor YAML: ${errors[0].message}`, place: at(errors[0].pos[0]) }
  }
  return {
    values: whole.map((document) => plainValue(document.contents as Node | null, document, 0)),
    locate: (document, path) => at(offsetOf(whole[document], path)),
  }
}

function plainValue(written: Node | null, document: Document, depth: number): unknown {
  const node = isAlias(written) ? (written.resolve(document) as Node | undefined) : written
  if (node === null || node === undefined || depth > MAX_DEPTH) return null
  const { tag } = node as { tag?: string }
  const value = valueOf(node, document, depth)
  if (tag === undefined || !tag.startsWith('!')) return value
  const name = tag.slice(1)
  if (name === 'GetAtt' && typeof value === 'string') return { 'Fn::GetAtt': splitOnce(value) }
  return { [name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`]: value }
}

function valueOf(node: Node, document: Document, depth: number): unknown {
  if (isMap(node)) {
    return Object.fromEntries(
      node.items.flatMap(({ key, value }) => (isScalar(key) ? [[String(key.value), plainValue(value as Node | null, document, depth + 1)]] : [])),
    )
  }
  if (isSeq(node)) return node.items.map((item) => plainValue(item as Node, document, depth + 1))
  return isScalar(node) ? node.value : null
}

function splitOnce(text: string): readonly string[] {
  const dot = text.indexOf('.')
  return dot < 0 ? [text] : [text.slice(0, dot), text.slice(dot + 1)]
}

function offsetOf(document: Document | undefined, path: MemberPath): number {
  let node = (document?.contents ?? null) as Node | null
  let offset = node?.range?.[0] ?? 0
  for (const step of path) {
    const around = isAlias(node) && document !== undefined ? (node.resolve(document) as Node | undefined) : node
    if (isMap(around)) {
      const pair = around.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
      if (pair === undefined) break
      offset = (pair.key as Node).range?.[0] ?? offset
      node = pair.value as Node | null
    } else if (isSeq(around) && typeof step === 'number') {
      node = (around.items[step] ?? null) as Node | null
      offset = node?.range?.[0] ?? offset
    } else break
  }
  return offset
}

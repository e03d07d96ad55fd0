import { isAlias, isMap, isScalar, isSeq, type Document, type LineCounter, type Node, type Scalar } from 'yaml'
import type { Locate } from './config-document.js'
import type { MaskedText } from './mask-variables.js'

/** Finds keys and values of a YAML document in its text. */
export function locateIn(document: Document, masked: MaskedText, lines: LineCounter): Locate {
  return (path, at, offset) => {
    let node = document.contents as Node | null
    let key: Node | null = null
    let found = true
    for (const step of path) {
      const around = isAlias(node) ? node.resolve(document) : node
      const pair = isMap(around)
        ? around.items.find((item) => isScalar(item.key) && masked.unmask(keyText(item.key)) === String(step))
        : undefined
      const next = pair?.value ?? (isSeq(around) ? around.items[Number(step)] : undefined)
      if (pair !== undefined) key = pair.key as Node
      else if (next !== undefined) key = next as Node
      else {
        found = false
        break
      }
      node = (next ?? null) as Node | null
      if (node === null) break
    }
    const nearest = !found && !isScalar(node)
    const target = at === 'key' || nearest ? (key ?? node) : (node ?? key)
    const start = contentStart(target, at, document) ?? 0
    const inside = offset === undefined || target !== node || !isScalar(node) ? start : offsetInScalar(node, offset, masked.text)
    const { line, col } = lines.linePos(inside)
    return { line, column: col }
  }
}

/** The text of a key, also where YAML reads a number or `true` in it. */
export function keyText(key: Scalar): string {
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value))
}

/** A block mapping starts at its first key, not at an anchor or tag before it. */
function contentStart(node: Node | null, at: 'key' | 'value', document: Document): number | undefined {
  if (node === null) return undefined
  if (at === 'key' && isMap(node)) {
    const first = node.items[0]?.key
    if (isScalar(first) && first.range) return first.range[0]
  }
  return node.range?.[0] ?? document.range?.[0]
}

/** Where character `offset` of a scalar's value stands in the text; its start where that cannot be said. */
function offsetInScalar(scalar: Scalar, offset: number, text: string): number {
  const [start, end] = scalar.range ?? [0, 0]
  const value = String(scalar.value)
  const raw = text.slice(start, end)
  if (scalar.type === 'BLOCK_LITERAL') return offsetInBlock(value, offset, start, raw)
  const quoted = scalar.type === 'QUOTE_SINGLE' || scalar.type === 'QUOTE_DOUBLE'
  if (raw.includes('\n')) return start
  if (!quoted) return raw === value ? start + offset : start
  if (raw.slice(1, -1) === value) return start + 1 + offset
  if (scalar.type === 'QUOTE_DOUBLE') return start
  const quotesBefore = value.slice(0, offset).split("'").length - 1
  return start + 1 + offset + quotesBefore
}

function offsetInBlock(value: string, offset: number, start: number, raw: string): number {
  const linesBefore = value.slice(0, offset).split('\n')
  const rawLines = raw.split('\n')
  const row = linesBefore.length
  const firstLine = value.split('\n', 1)[0]
  const indent = (rawLines[1] ?? '').length - firstLine.length
  if (rawLines[row] === undefined || indent < 0) return start
  const lineStart = rawLines.slice(0, row).reduce((sum, line) => sum + line.length + 1, 0)
  return start + lineStart + indent + linesBefore[row - 1].length
}

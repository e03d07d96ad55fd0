import type { Column } from '@standpipe/core/model'
import { encodeColumnChunk, type ColumnChunk, type LayoutOptions } from './column-chunk.js'
import { checkRequired, enterList, enterOptional, rootLevels, type Levels } from './levels.js'
import { wholeColumn, type BufferedRows } from './row-buffer.js'
import type { SchemaNode } from './schema-tree.js'

/** A row group as the footer describes it. */
export interface RowGroup {
  readonly rowCount: number
  readonly offset: number
  readonly compressedBytes: number
  readonly uncompressedBytes: number
  readonly chunks: readonly ColumnChunk[]
}

/** Encodes rows as one row group that starts at `offset` of the file; its bytes go to `out`, in order. */
export function encodeRowGroup(nodes: readonly SchemaNode[], rows: BufferedRows, offset: number, options: LayoutOptions, out: Uint8Array[]): RowGroup {
  const chunks: ColumnChunk[] = []
  let next = offset
  const visit = (node: SchemaNode, column: Column, above: Levels): void => {
    if (!node.optional) checkRequired(above, column.valid, node.path)
    const levels = node.optional ? enterOptional(above, column.valid) : above
    if (node.kind === 'leaf') {
      const chunk = encodeColumnChunk(node, column, levels, next, options, out)
      chunks.push(chunk)
      next += chunk.compressedBytes
    } else if (node.kind === 'struct' && column.storage === 'struct') {
      node.children.forEach((child, i) => visit(child, column.children[i], levels))
    } else if (node.kind === 'list' && column.storage === 'list') {
      visit(node.element, column.child, enterList(levels, column.offsets))
    } else throw new TypeError(`field \`${node.path}\` is a ${node.kind}, its column is ${column.storage}`)
  }
  const root = rootLevels(rows.rowCount)
  nodes.forEach((node, i) => visit(node, wholeColumn(rows, i), root))
  return {
    rowCount: rows.rowCount,
    offset,
    compressedBytes: next - offset,
    uncompressedBytes: chunks.reduce((sum, chunk) => sum + chunk.uncompressedBytes, 0),
    chunks,
  }
}

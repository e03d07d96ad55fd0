import { ByteSink } from './byte-sink.js'
import type { DescribedRowGroups } from './described-row-groups.js'
import { ConvertedType, Repetition } from './format-enums.js'
import { convertedType, leavesOf, type LogicalType, type SchemaNode } from './schema-tree.js'
import { ThriftWriter } from './thrift-compact.js'

/** The four bytes at either end of the file. */
export const MAGIC = Buffer.from('PAR1', 'latin1')

/** Who wrote the file; readers look here for known faults of a version. */
const CREATED_BY = 'standpipe version 0.1.0'

/** The end of the file: `FileMetaData`, its length, and the magic. `metadata` becomes the file's key-value metadata. */
export function encodeFooter(
  nodes: readonly SchemaNode[],
  rowGroups: DescribedRowGroups,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const pairs = Object.entries(metadata)
  const file = ThriftWriter.encode((thrift) => {
    thrift.i32(1, 1)
    thrift.structs(2, schemaElements(nodes), (element) => writeSchemaElement(thrift, element))
    thrift.i64(3, rowGroups.rowCount)
    thrift.encodedStructs(4, rowGroups.count, rowGroups.bytes)
    if (pairs.length > 0) {
      thrift.structs(5, pairs, ([key, value]) => {
        thrift.binary(1, key)
        thrift.binary(2, value)
      })
    }
    thrift.binary(6, CREATED_BY)
    // TypeDefinedOrder for each column: without it readers must ignore min_value and max_value.
    thrift.structs(7, leavesOf(nodes), () => thrift.emptyStruct(1))
  })
  const out = new ByteSink(file.length + 8)
  out.append(file)
  out.uint32(file.length)
  out.append(MAGIC)
  return out.view()
}

interface SchemaElement {
  readonly name: string
  readonly repetition?: number
  readonly children?: number
  readonly physical?: number
  readonly fixedBytes?: number
  readonly logical?: LogicalType
  readonly isList?: boolean
}

/** The tree, parents before children, with the two middle levels of each list. */
function schemaElements(nodes: readonly SchemaNode[]): SchemaElement[] {
  const elements: SchemaElement[] = [{ name: 'schema', children: nodes.length }]
  const visit = (node: SchemaNode): void => {
    const base = { name: node.name, repetition: node.optional ? Repetition.OPTIONAL : Repetition.REQUIRED }
    switch (node.kind) {
      case 'leaf':
        elements.push({ ...base, physical: node.physical, fixedBytes: node.fixedBytes, logical: node.logical })
        return
      case 'struct':
        elements.push({ ...base, children: node.children.length })
        node.children.forEach(visit)
        return
      case 'list':
        elements.push({ ...base, children: 1, isList: true }, { name: 'list', repetition: Repetition.REPEATED, children: 1 })
        visit(node.element)
    }
  }
  nodes.forEach(visit)
  return elements
}

function writeSchemaElement(thrift: ThriftWriter, element: SchemaElement): void {
  const { name, repetition, children, physical, fixedBytes = 0, logical, isList = false } = element
  const isFixed = logical?.kind === 'decimal' && fixedBytes > 0
  if (physical !== undefined) thrift.i32(1, physical)
  if (isFixed) thrift.i32(2, fixedBytes)
  if (repetition !== undefined) thrift.i32(3, repetition)
  thrift.binary(4, name)
  if (children !== undefined) thrift.i32(5, children)
  if (isList) thrift.i32(6, ConvertedType.LIST)
  else if (logical !== undefined) thrift.i32(6, convertedType(logical))
  if (logical?.kind === 'decimal') {
    thrift.i32(7, logical.scale)
    thrift.i32(8, logical.precision)
  }
  if (isList) thrift.struct(10, () => thrift.emptyStruct(3))
  else if (logical !== undefined) thrift.struct(10, () => writeLogicalType(thrift, logical))
}

function writeLogicalType(thrift: ThriftWriter, logical: LogicalType): void {
  switch (logical.kind) {
    case 'string':
      return thrift.emptyStruct(1)
    case 'decimal':
      return thrift.struct(5, () => {
        thrift.i32(1, logical.scale)
        thrift.i32(2, logical.precision)
      })
    case 'date':
      return thrift.emptyStruct(6)
    case 'timestamp':
      return thrift.struct(8, () => {
        // isAdjustedToUTC: an instant, not a reading of some clock.
        thrift.boolean(1, true)
        thrift.struct(2, () => thrift.emptyStruct(logical.unit === 'millis' ? 1 : 2))
      })
  }
}

import type { DecodePolicy } from '@standpipe/core/component'
import type { DataType, Field } from '@standpipe/core/model'
import type { CompiledField } from '../../values/field-writer.js'
import { compileJsonField } from '../../values/json-conversion.js'
import type { Address, ScanEngine } from './scan-engine.js'

/** How values of a field are read; the same numbers stand in `assembly/plan.ts`. */
const Kind = {
  TEXT: 0,
  DOUBLE: 1,
  FLOAT: 2,
  INT32: 3,
  UNSCALED64: 4,
  UNSCALED128: 5,
  BOOLEAN: 6,
  ISO_TIMESTAMP: 7,
  ISO_DATE: 8,
  RAW: 9,
  HOST_TEXT: 10,
  HOST_NUMBER: 11,
  STRUCT: 12,
  LIST: 13,
} as const

const Absence = { REQUIRED: 0, NULL: 1, DEFAULT: 2 } as const

const EPOCH_DIGITS = { s: 6, ms: 3, us: 0 } as const
const INT64_DIGITS = 19
/** Decimals of more digits are stored in 128 bits. */
const MAX_DIGITS_64 = 18
/** What `endOfMember` may read behind a name. */
const PADDING_BYTES = 16

/** A value as the module knows it, and the values below it. */
export interface ScanValue {
  readonly address: Address
  readonly type: DataType
  /** Of a struct its members, of a list its element. */
  readonly children: readonly ScanValue[]
}

/** Tells an engine how to read the fields of a schema. Fields are numbered in `fields`, for the host. */
export class ScanPlan {
  readonly root: Address
  readonly values: readonly ScanValue[]
  readonly fields: CompiledField[] = []

  constructor(
    private readonly engine: ScanEngine,
    fields: readonly Field[],
    private readonly unknownFields: DecodePolicy['unknownFields'],
  ) {
    const { object, values } = this.compileObject(fields, '', 1)
    this.root = object
    this.values = values
  }

  /** `path` is that of the object, with a point behind; `depth` how many objects and lists the members lie in. */
  private compileObject(fields: readonly Field[], path: string, depth: number): { object: Address; values: ScanValue[] } {
    const { engine } = this
    const object = engine.newObject(depth, this.unknownFields === 'drop', fields.length)
    const values = fields.map((field) => {
      const value = this.compileValue(field, path + field.name, depth)
      const written = Buffer.from(`${JSON.stringify(inputName(field))}:`)
      const at = engine.allocate(written.length + PADDING_BYTES)
      new Uint8Array(engine.memory.buffer).set(written, at)
      engine.addMember(object, at, written.length, value.address)
      return value
    })
    engine.closeObject(object)
    return { object, values }
  }

  private compileValue(field: Field, path: string, depth: number): ScanValue {
    const { engine } = this
    const { type } = field
    const compiled = compileJsonField(field, path, this.unknownFields)
    const absence = whenAbsent(compiled)
    const { kind, scale = 0, precision = 0 } = howToRead(field)
    const address = engine.newValue(kind, this.fields.push(compiled) - 1, absence, scale, precision, depth)
    if (kind === Kind.HOST_TEXT || kind === Kind.HOST_NUMBER) engine.setStorage(address, type.kind === 'binary' ? 0 : type.kind === 'date' ? 4 : 8)
    if (type.kind === 'struct') {
      const { object, values } = this.compileObject(type.fields, `${path}.`, depth + 1)
      engine.setMembers(address, object)
      return { address, type, children: values }
    }
    if (type.kind === 'list') {
      const element = this.compileValue(type.element, `${path}[]`, depth + 1)
      engine.setElement(address, element.address)
      return { address, type, children: [element] }
    }
    return { address, type, children: [] }
  }
}

function howToRead({ type, input }: Field): { readonly kind: number; readonly scale?: number; readonly precision?: number } {
  switch (type.kind) {
    case 'string':
      return { kind: Kind.TEXT }
    case 'json':
      return { kind: Kind.RAW }
    case 'boolean':
      return { kind: Kind.BOOLEAN }
    case 'float':
      return { kind: Kind.FLOAT }
    case 'double':
      return { kind: Kind.DOUBLE }
    case 'int32':
      return { kind: Kind.INT32 }
    case 'int64':
      return { kind: Kind.UNSCALED64, scale: 0, precision: INT64_DIGITS }
    case 'decimal': {
      const { scale, precision } = type
      return { kind: precision <= MAX_DIGITS_64 ? Kind.UNSCALED64 : Kind.UNSCALED128, scale, precision }
    }
    case 'timestamp':
      if (input?.time?.kind === 'epoch') return { kind: Kind.UNSCALED64, scale: EPOCH_DIGITS[input.time.unit], precision: INT64_DIGITS }
      return { kind: input?.time?.kind === 'pattern' ? Kind.HOST_TEXT : Kind.ISO_TIMESTAMP }
    case 'date':
      if (input?.time?.kind === 'epoch') return { kind: Kind.HOST_NUMBER }
      return { kind: input?.time?.kind === 'pattern' ? Kind.HOST_TEXT : Kind.ISO_DATE }
    case 'binary':
      return { kind: Kind.HOST_TEXT }
    case 'struct':
      return { kind: Kind.STRUCT }
    case 'list':
      return { kind: Kind.LIST }
  }
}

/** Whether the module reads these fields as the plain reader does: each name must be read once, and be text that bytes can stand for. */
export function canScan(fields: readonly Field[]): boolean {
  const names = new Set(fields.map(inputName))
  return names.size === fields.length && [...names].every((name) => Buffer.from(name).toString() === name) && fields.every(({ type }) => canScanType(type))
}

function canScanType(type: DataType): boolean {
  if (type.kind === 'struct') return canScan(type.fields)
  return type.kind !== 'list' || canScanType(type.element.type)
}

/** Records without a struct or list that has a default are left to the plain reader. */
function whenAbsent({ field, fallback }: CompiledField): number {
  if (fallback === undefined) return field.nullable ? Absence.NULL : Absence.REQUIRED
  return field.type.kind === 'struct' || field.type.kind === 'list' ? Absence.REQUIRED : Absence.DEFAULT
}

function inputName(field: Field): string {
  return field.input?.from ?? field.name
}

import type { DecodePolicy } from '@standpipe/core/component'
import type { DataType, Field } from '@standpipe/core/model'
import type { CompiledField } from '../../values/field-writer.js'
import { compileJsonField } from '../../values/json-conversion.js'
import { BooleanScan } from './boolean-scan.js'
import { ListScan } from './list-scan.js'
import { ConvertedNumberScan, DoubleScan, Int32Scan, UnscaledScan } from './number-scan.js'
import { ObjectMembers, StructScan, type NamedScan } from './object-scan.js'
import { RawScan } from './raw-scan.js'
import type { ScanInput } from './scan-input.js'
import { StringScan } from './string-scan.js'
import { TextScan } from './text-scan.js'
import { IsoDateScan, IsoTimestampScan } from './time-scan.js'
import type { ValueScan } from './value-scan.js'

const EPOCH_DIGITS = { s: 6, ms: 3, us: 0 } as const
const INT64_DIGITS = 19

/** Compiles what reads the fields of a schema. */
export class ScanCompiler {
  constructor(
    private readonly input: ScanInput,
    private readonly unknownFields: DecodePolicy['unknownFields'],
  ) {}

  /** `path` is that of the object, with a point behind; `depth` how many objects and lists the members lie in. */
  compileMembers(fields: readonly Field[], path: string, depth: number): ObjectMembers {
    const scans = fields.map((field): NamedScan => ({ name: inputName(field), value: this.compileValue(field, path + field.name, depth) }))
    return new ObjectMembers(this.input, scans, depth, this.unknownFields === 'drop')
  }

  private compileValue(field: Field, path: string, depth: number): ValueScan {
    const { input } = this
    const compiled = compileJsonField(field, path, this.unknownFields)
    switch (field.type.kind) {
      case 'string':
        return new TextScan(input, compiled)
      case 'json':
        return new RawScan(input, compiled, depth)
      case 'boolean':
        return new BooleanScan(input, compiled)
      case 'float':
      case 'double':
        return new DoubleScan(input, compiled)
      case 'int32':
        return new Int32Scan(input, compiled)
      case 'int64':
        return new UnscaledScan(input, compiled, 0, INT64_DIGITS)
      case 'decimal':
        return new UnscaledScan(input, compiled, field.type.scale, field.type.precision)
      case 'timestamp':
        return this.compileTimestamp(compiled)
      case 'date':
        return this.compileDate(compiled)
      case 'binary':
        return new StringScan(input, compiled)
      case 'struct':
        return new StructScan(input, compiled, this.compileMembers(field.type.fields, `${path}.`, depth + 1))
      case 'list':
        return new ListScan(input, compiled, this.compileValue(field.type.element, `${path}[]`, depth + 1))
    }
  }

  private compileTimestamp(compiled: CompiledField): ValueScan {
    const time = compiled.field.input?.time
    if (time?.kind === 'epoch') return new UnscaledScan(this.input, compiled, EPOCH_DIGITS[time.unit], INT64_DIGITS)
    return time?.kind === 'pattern' ? new StringScan(this.input, compiled) : new IsoTimestampScan(this.input, compiled)
  }

  private compileDate(compiled: CompiledField): ValueScan {
    const time = compiled.field.input?.time
    if (time?.kind === 'epoch') return new ConvertedNumberScan(this.input, compiled)
    return time?.kind === 'pattern' ? new StringScan(this.input, compiled) : new IsoDateScan(this.input, compiled)
  }
}

/** Whether the scanner reads these fields as the plain reader does: each name must be read once, and be text that bytes can stand for. */
export function canScan(fields: readonly Field[]): boolean {
  const names = new Set(fields.map(inputName))
  return names.size === fields.length && [...names].every((name) => Buffer.from(name).toString() === name) && fields.every(({ type }) => canScanType(type))
}

function canScanType(type: DataType): boolean {
  if (type.kind === 'struct') return canScan(type.fields)
  return type.kind !== 'list' || canScanType(type.element.type)
}

function inputName(field: Field): string {
  return field.input?.from ?? field.name
}

import { ByteSink } from './byte-sink.js'

const TRUE = 1
const FALSE = 2
const I16 = 4
const I32 = 5
const I64 = 6
const BINARY = 8
const LIST = 9
const STRUCT = 12

/**
 * Writes structures in Thrift's compact protocol, the one of Parquet's headers and footer. Fields are
 * written in ascending order of their ids.
 * Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
export class ThriftWriter {
  private readonly out = new ByteSink(256)
  private lastId = 0

  i16(id: number, value: number): void {
    this.header(id, I16)
    this.out.zigzag(value)
  }

  i32(id: number, value: number): void {
    this.header(id, I32)
    this.out.zigzag(value)
  }

  i64(id: number, value: number): void {
    this.header(id, I64)
    this.out.zigzag(value)
  }

  boolean(id: number, value: boolean): void {
    this.header(id, value ? TRUE : FALSE)
  }

  binary(id: number, value: Uint8Array | string): void {
    this.header(id, BINARY)
    this.bytes(value)
  }

  struct(id: number, writeFields: () => void): void {
    this.header(id, STRUCT)
    this.fields(writeFields)
  }

  /** A field without content: how Thrift writes the choice of a union whose member has no fields. */
  emptyStruct(id: number): void {
    this.struct(id, () => undefined)
  }

  structs<T>(id: number, items: readonly T[], writeFields: (item: T) => void): void {
    this.listHeader(id, items.length, STRUCT)
    for (const item of items) this.fields(() => writeFields(item))
  }

  /** A list of structures that {@link encode} gave, one after another in `bytes`. */
  encodedStructs(id: number, count: number, bytes: Uint8Array): void {
    this.listHeader(id, count, STRUCT)
    this.out.append(bytes)
  }

  i32s(id: number, items: readonly number[]): void {
    this.listHeader(id, items.length, I32)
    for (const item of items) this.out.zigzag(item)
  }

  binaries(id: number, items: readonly (Uint8Array | string)[]): void {
    this.listHeader(id, items.length, BINARY)
    for (const item of items) this.bytes(item)
  }

  private fields(writeFields: () => void): void {
    const outer = this.lastId
    this.lastId = 0
    writeFields()
    this.out.byte(0)
    this.lastId = outer
  }

  private header(id: number, type: number): void {
    const step = id - this.lastId
    if (step > 0 && step < 16) this.out.byte((step << 4) | type)
    else {
      this.out.byte(type)
      this.out.zigzag(id)
    }
    this.lastId = id
  }

  private listHeader(id: number, length: number, type: number): void {
    this.header(id, LIST)
    if (length < 15) this.out.byte((length << 4) | type)
    else {
      this.out.byte(0xf0 | type)
      this.out.varint(length)
    }
  }

  private bytes(value: Uint8Array | string): void {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value
    this.out.varint(bytes.length)
    this.out.append(bytes)
  }

  /** The bytes of one structure whose fields `writeFields` writes. */
  static encode(writeFields: (thrift: ThriftWriter) => void): Uint8Array {
    const thrift = new ThriftWriter()
    thrift.fields(() => writeFields(thrift))
    return thrift.out.copy()
  }
}

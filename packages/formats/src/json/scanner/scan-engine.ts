import { SCAN_MODULE } from './scan-module.js'

/** Address of something in the memory of the module; 0 is nothing. */
export type Address = number

/** What the module asks of us: values that are written in a way too rare to read them there. */
export interface ScanHost {
  /** Converts the string with its quotes, or the number, at `[start, end)`; 1 more than the bytes put into `scratch`, or 0. */
  convertText(field: number, start: Address, end: Address): number
  convertNumber(field: number, start: Address, end: Address): number
  /** The same for a field's default. */
  convertDefault(field: number): number
}

/** What the module exports; see `packages/formats/assembly`. */
export interface ScanEngine {
  /** Another buffer after it grew. */
  readonly memory: { readonly buffer: ArrayBuffer }
  allocate(bytes: number): Address
  newObject(depth: number, drops: boolean, members: number): Address
  closeObject(object: Address): void
  addMember(object: Address, written: Address, length: number, value: Address): void
  newValue(kind: number, field: number, absence: number, scale: number, precision: number, depth: number): Address
  setStorage(value: Address, widthBytes: number): void
  setMembers(value: Address, object: Address): void
  setElement(value: Address, element: Address): void
  /** Lays out memory for a batch; false where it is too large. */
  prepare(root: Address, inputBytes: number, records: number): boolean
  inputAddress(): Address
  startsAddress(): Address
  endsAddress(): Address
  scratchAddress(): Address
  clearRows(root: Address): void
  /** Reads records into rows, up to the first that it cannot take; gives how many it took. */
  scanRecords(root: Address, from: number, to: number, row: number): number
  readonly unknownFields: { readonly value: number }
  validOf(value: Address): Address
  valuesOf(value: Address): Address
  sizeOf(value: Address): number
  bytesOf(value: Address): Address
  offsetsOf(value: Address): Address
  hashesOf(value: Address): Address
  isUnique(value: Address): number
}

/** The part of WebAssembly that is used; Node's types leave it to the DOM's. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: object) => { readonly exports: unknown }
}

let module: object | undefined

/** The module with memory of its own; undefined where this machine cannot run it (it needs 128-bit SIMD). */
export function createScanEngine(host: ScanHost): ScanEngine | undefined {
  if (module === undefined) {
    const bytes = Buffer.from(SCAN_MODULE, 'base64')
    if (!WebAssembly.validate(bytes)) return undefined
    module = new WebAssembly.Module(bytes)
  }
  return new WebAssembly.Instance(module, { host }).exports as ScanEngine
}

import { createColumn, Dictionary, type Column } from '@standpipe/core/model'
import type { Address, ScanEngine } from './scan-engine.js'
import type { ScanValue } from './scan-plan.js'

/** Copies the first `rows` rows of a column out of the scanner's memory. */
export function copyColumn(engine: ScanEngine, { address, type, children }: ScanValue, rows: number): Column {
  const valid = new Uint8Array(copied(engine, engine.validOf(address), rows))
  const values = engine.valuesOf(address)
  const column = createColumn(type)
  switch (column.storage) {
    case 'boolean':
      return { ...column, valid, values: new Uint8Array(copied(engine, values, rows)) }
    case 'int32':
      return { ...column, valid, values: new Int32Array(copied(engine, values, rows * 4)) }
    case 'int64':
      return { ...column, valid, values: new BigInt64Array(copied(engine, values, rows * 8)) }
    case 'int128':
      return { ...column, valid, values: new BigInt64Array(copied(engine, values, rows * 16)) }
    case 'float':
      return { ...column, valid, values: new Float32Array(copied(engine, values, rows * 4)) }
    case 'double':
      return { ...column, valid, values: new Float64Array(copied(engine, values, rows * 8)) }
    case 'bytes':
      return { ...column, valid, values: new Int32Array(copied(engine, values, rows * 4)), dictionary: copyDictionary(engine, address) }
    case 'struct':
      return { ...column, valid, children: children.map((child) => copyColumn(engine, child, rows)) }
    case 'list': {
      const offsets = new Int32Array(copied(engine, values, (rows + 1) * 4))
      return { ...column, valid, offsets, child: copyColumn(engine, children[0], offsets[rows]) }
    }
  }
}

function copyDictionary(engine: ScanEngine, address: Address): Dictionary {
  const size = engine.sizeOf(address)
  const offsets = new Int32Array(copied(engine, engine.offsetsOf(address), (size + 1) * 4))
  return Dictionary.of({
    bytes: new Uint8Array(copied(engine, engine.bytesOf(address), offsets[size])),
    offsets,
    hashes: new Int32Array(copied(engine, engine.hashesOf(address), size * 4)),
    unique: engine.isUnique(address) !== 0,
  })
}

function copied(engine: ScanEngine, at: Address, bytes: number): ArrayBuffer {
  return engine.memory.buffer.slice(at, at + bytes)
}

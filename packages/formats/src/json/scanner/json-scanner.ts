import type { Decoded, DecodePolicy, Decoder } from '@standpipe/core/component'
import { appendRows, type Columns, type PayloadBlock, type RecordSet, type Schema } from '@standpipe/core/model'
import { TakenRecords } from '../../values/take-records.js'
import { PlainReader } from '../plain-reader.js'
import { copyColumn } from './scan-columns.js'
import { createScanEngine, type ScanEngine } from './scan-engine.js'
import { ScanConversions } from './scan-host.js'
import { canScan, ScanPlan } from './scan-plan.js'

/**
 * The fast reader: WebAssembly (`packages/formats/assembly`) that goes over the bytes of the records once, as the schema says, and
 * writes what they stand for straight into columns. It takes only records that are what the schema says; all others, and sets whose
 * payloads lie apart, are left to the plain reader, so that what is refused, and why, is the same. Undefined for a schema that it
 * does not support (see {@link canScan}), and on machines without SIMD. Throws as the plain reader.
 */
export function createJsonScanner(schema: Schema, policy: DecodePolicy): Decoder | undefined {
  const plain = new PlainReader(schema, policy)
  if (!canScan(plain.fields)) return undefined
  let plan: ScanPlan
  const engine = createScanEngine(new ScanConversions(() => engine as ScanEngine, () => plan.fields))
  if (engine === undefined) return undefined
  plan = new ScanPlan(engine, plain.fields, policy.unknownFields)
  const scan = new BlockScan(plain, engine, plan)
  return {
    decode: (records) => (isBlock(records) ? scan.decode(records) : undefined) ?? plain.decode(records),
  }
}

/** So many records that the scanner cannot take, and only one of {@link RETRY_EVERY} is tried, until as many scan in a row. */
const GIVE_UP_AFTER = 32
const RETRY_EVERY = 16

class BlockScan {
  constructor(
    private readonly plain: PlainReader,
    private readonly engine: ScanEngine,
    private readonly plan: ScanPlan,
  ) {}

  /** Undefined where the block is too large. */
  decode(records: PayloadBlock): Decoded | undefined {
    const { engine, plan } = this
    const { count } = records
    if (!engine.prepare(plan.root, records.bytes.length, count)) return undefined
    this.load(records)
    engine.clearRows(plan.root)
    const first = engine.scanRecords(plan.root, 0, count, 0)
    const unknownFields = engine.unknownFields.value
    if (first === count) return { rows: this.copyRows(count), recordOfRow: null, rejected: [], unknownFields, mismatches: 0 }
    return this.decodeMixed(records, first, unknownFields)
  }

  /** Goes on behind `scanned` records: runs of what the scanner takes, and what the plain reader must look at. */
  private decodeMixed(records: PayloadBlock, scanned: number, unknownFields: number): Decoded {
    const { engine, plan } = this
    const { count } = records
    const { rows, attempt, take } = this.plain.open(count)
    const taken = new TakenRecords(rows, records, attempt, take)
    const keep = (from: number, found: number): void => {
      if (found > 0) appendRows(rows, this.copyRows(found), null)
      for (let record = from; record < from + found; record++) taken.taken(record)
    }
    keep(0, scanned)
    taken.unknownFields = unknownFields
    let failures = 0
    for (let record = scanned; record < count; ) {
      taken.read(record++)
      failures++
      if (failures > GIVE_UP_AFTER && record % RETRY_EVERY !== 0) continue
      engine.clearRows(plan.root)
      const found = engine.scanRecords(plan.root, record, count, 0)
      taken.unknownFields += engine.unknownFields.value
      keep(record, found)
      record += found
      if (found >= GIVE_UP_AFTER) failures = 0
    }
    return taken.end()
  }

  private load({ bytes, starts, ends }: PayloadBlock): void {
    const { engine } = this
    const { buffer } = engine.memory
    new Uint8Array(buffer, engine.inputAddress(), bytes.length).set(bytes)
    new Int32Array(buffer, engine.startsAddress(), starts.length).set(starts)
    new Int32Array(buffer, engine.endsAddress(), ends.length).set(ends)
  }

  private copyRows(count: number): Columns {
    const { plain, plan, engine } = this
    return plain.withRest(plan.values.map((value) => copyColumn(engine, value, count)), count)
  }
}

function isBlock(records: RecordSet): records is PayloadBlock {
  const { bytes, starts, ends } = records as Partial<PayloadBlock>
  return bytes !== undefined && starts !== undefined && ends !== undefined
}

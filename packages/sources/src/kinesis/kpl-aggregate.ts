import { createHash } from 'node:crypto'

const MAGIC = 0xf3899ac2
const MAGIC_BYTES = 4
const DIGEST_BYTES = 16

/** The user records of an aggregate, as ranges of the buffer that it lies in. */
export interface Aggregate {
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  /** Of each record: its partition key, and what decides its shard in place of the key's hash, as indexes of the tables. */
  readonly keys: readonly number[]
  readonly hashKeys: readonly (number | undefined)[]
  readonly keyTable: readonly string[]
  readonly hashKeyTable: readonly string[]
}

/** Whether a record begins as an aggregate does. */
export function mayBeAggregate(bytes: Buffer, start: number, end: number): boolean {
  return end - start > MAGIC_BYTES + DIGEST_BYTES && bytes.readUInt32BE(start) === MAGIC
}

/**
 * Reads a record of the Kinesis Producer Library that holds several (its aggregation format: magic number, a protobuf
 * message, the MD5 of the message). Undefined for what is none: another magic number, a digest that does not match, a message
 * that cannot be read or names a key that is not there, and one without a record. It is then a record like any other.
 */
export function readAggregate(bytes: Buffer, start: number, end: number): Aggregate | undefined {
  const messageStart = start + MAGIC_BYTES
  const messageEnd = end - DIGEST_BYTES
  if (!mayBeAggregate(bytes, start, end)) return undefined
  const digest = createHash('md5').update(bytes.subarray(messageStart, messageEnd)).digest()
  if (!digest.equals(bytes.subarray(messageEnd, end))) return undefined
  const found = readMessage(bytes, messageStart, messageEnd)
  return found !== undefined && found.starts.length > 0 && namesItsKeys(found) ? found : undefined
}

function namesItsKeys({ keys, hashKeys, keyTable, hashKeyTable }: Aggregate): boolean {
  return keys.every((key) => key < keyTable.length) && hashKeys.every((key) => key === undefined || key < hashKeyTable.length) && hashKeyTable.every((key) => /^\d{1,39}$/.test(key))
}

/** `AggregatedRecord { repeated string partition_key_table = 1; repeated string explicit_hash_key_table = 2; repeated Record records = 3; }` */
function readMessage(bytes: Buffer, start: number, end: number): Aggregate | undefined {
  const found = { starts: [] as number[], ends: [] as number[], keys: [] as number[], hashKeys: [] as (number | undefined)[], keyTable: [] as string[], hashKeyTable: [] as string[] }
  const fields = new ProtobufFields(bytes, start, end)
  while (fields.next()) {
    if (fields.field === 1) found.keyTable.push(fields.text())
    else if (fields.field === 2) found.hashKeyTable.push(fields.text())
    else if (fields.field === 3 && !readRecord(bytes, fields.start, fields.end, found)) return undefined
  }
  return fields.isBroken ? undefined : found
}

/** `Record { required uint64 partition_key_index = 1; optional uint64 explicit_hash_key_index = 2; required bytes data = 3; repeated Tag tags = 4; }` */
function readRecord(bytes: Buffer, start: number, end: number, found: { starts: number[]; ends: number[]; keys: number[]; hashKeys: (number | undefined)[] }): boolean {
  const fields = new ProtobufFields(bytes, start, end)
  let key: number | undefined
  let hashKey: number | undefined
  let data: readonly [number, number] | undefined
  while (fields.next()) {
    if (fields.field === 1) key = fields.value
    else if (fields.field === 2) hashKey = fields.value
    else if (fields.field === 3) data = [fields.start, fields.end]
  }
  if (fields.isBroken || key === undefined || data === undefined) return false
  found.keys.push(key)
  found.hashKeys.push(hashKey)
  found.starts.push(data[0])
  found.ends.push(data[1])
  return true
}

const VARINT = 0
const EIGHT_BYTES = 1
const LENGTH = 2
const FOUR_BYTES = 5

/** Walks the fields of a protobuf message. */
class ProtobufFields {
  /** Number of the current field. */
  field = 0
  /** Its value, of a number. */
  value = 0
  /** Its bytes: `[start, end)`, of a text, bytes or message. */
  start = 0
  end = 0
  /** The message ends within a field, or holds what protobuf does not know. */
  isBroken = false

  constructor(
    private readonly bytes: Buffer,
    private at: number,
    private readonly limit: number,
  ) {}

  next(): boolean {
    if (this.at >= this.limit) return false
    const tag = this.varint()
    this.field = Math.floor(tag / 8)
    switch (tag % 8) {
      case VARINT:
        this.value = this.varint()
        break
      case LENGTH:
        this.end = this.varint()
        this.start = this.at
        this.at = this.end += this.start
        break
      case EIGHT_BYTES:
        this.at += 8
        break
      case FOUR_BYTES:
        this.at += 4
        break
      default:
        this.isBroken = true
    }
    if (this.at > this.limit || this.field === 0) this.isBroken = true
    return !this.isBroken
  }

  text(): string {
    return this.bytes.toString('utf8', this.start, this.end)
  }

  /** Exact up to 2^53; an index or a length beyond that is out of every range. */
  private varint(): number {
    let value = 0
    for (let factor = 1; this.at < this.limit && factor < 2 ** 70; factor *= 128) {
      const byte = this.bytes[this.at++]
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    this.isBroken = true
    return 0
  }
}

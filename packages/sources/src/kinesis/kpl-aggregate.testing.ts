import { createHash } from 'node:crypto'

/** A record as a producer gives it to the KPL. */
export interface AggregatedRecord {
  readonly key: string
  readonly hashKey?: string
  /** Bytes as latin1. */
  readonly data: string
}

/** An aggregate as the KPL writes it, to read it back. */
export function writeAggregate(records: readonly AggregatedRecord[]): Buffer {
  const keys = [...new Set(records.map(({ key }) => key))]
  const hashKeys = [...new Set(records.flatMap(({ hashKey }) => hashKey ?? []))]
  return wrapMessage(
    Buffer.concat([
      ...keys.map((key) => bytesField(1, Buffer.from(key))),
      ...hashKeys.map((key) => bytesField(2, Buffer.from(key))),
      ...records.map(({ key, hashKey, data }) =>
        bytesField(
          3,
          Buffer.concat([
            numberField(1, keys.indexOf(key)),
            hashKey === undefined ? Buffer.alloc(0) : numberField(2, hashKeys.indexOf(hashKey)),
            bytesField(3, Buffer.from(data, 'latin1')),
          ]),
        ),
      ),
    ]),
  )
}

/** A message with the magic number before it and its digest after it. */
export function wrapMessage(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, createHash('md5').update(message).digest()])
}

function numberField(field: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([field * 8]), varint(value)])
}

function bytesField(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([field * 8 + 2]), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let left = value
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128)
  return Buffer.from([...bytes, left])
}

import { expect, it } from 'vitest'
import type { ObjectEncoder, ObjectStore } from '../component/index.js'
import { Batch, createColumns, Hold, RAW_SCHEMA, systemClock } from '../model/index.js'
import { MemoryBudget } from './memory-budget.js'
import { OpenObject } from './open-object.js'
import { SILENT } from './run.js'
import { ScratchFile } from './scratch-file.js'

/** An encoder that takes ten bytes a row, and ends a block when it is told. */
class SlowEncoder implements ObjectEncoder {
  bufferedBytes = 0
  readonly blockFull = true
  readonly waiting: { end(): void; fail(error: Error): void }[] = []

  get bufferedEncodedBytes(): number {
    return this.bufferedBytes
  }

  append(batch: Batch): void {
    this.bufferedBytes += batch.rowCount * 10
  }

  flush(): Promise<readonly Uint8Array[]> {
    const block = new Uint8Array(this.bufferedBytes)
    this.bufferedBytes = 0
    return new Promise((resolve, reject) => this.waiting.push({ end: () => resolve([block]), fail: reject }))
  }

  finish(): Promise<readonly Uint8Array[]> {
    const rest = new Uint8Array(this.bufferedBytes + 1)
    this.bufferedBytes = 0
    return Promise.resolve([rest])
  }
}

function openObject() {
  const encoder = new SlowEncoder()
  const memory = new MemoryBudget(1_000_000)
  const puts: number[] = []
  const store = { minPartBytes: 0, put: (_key: string, bytes: Uint8Array) => Promise.resolve(void puts.push(bytes.length)) } as unknown as ObjectStore
  const properties = { identity: 'one' } as never
  const scratch = new ScratchFile('unused', 0, { clock: systemClock, log: SILENT })
  const object = new OpenObject({ share: undefined as never, id: '', partition: '', ledgerSink: 's', key: 'k', properties, store, encoder, scratch, memory, openedMs: 0, retry: (call) => call() })
  return { object, encoder, memory, puts }
}

function batchOf(rows: number): Batch {
  const columns = createColumns(RAW_SCHEMA)
  columns.rowCount = rows
  const records = { count: rows, payload: () => new Uint8Array(), position: String, arrival: () => 0, origin: String }
  return new Batch({ shard: 'a', records, rows: columns, recordOfRow: null, selection: null, progress: new Hold(() => undefined), memory: new Hold(() => undefined) })
}

it('takes rows while a block is encoded, counts both, and writes all of it as one', async () => {
  const { object, encoder, memory, puts } = openObject()
  object.append(batchOf(5), null)
  await object.startBlock()
  object.append(batchOf(3), null)
  expect([object.encodedBytes, memory.usedBytes, object.unsent]).toEqual([80, 80, true])
  const put = object.put({})
  encoder.waiting[0].end()
  expect(await put).toBe(81)
  expect([puts, memory.usedBytes]).toEqual([[81], 0])
})

it('tells of a block that could not be encoded when it ends, and is given up all the same', async () => {
  const { object, encoder, memory } = openObject()
  object.append(batchOf(5), null)
  await object.startBlock()
  encoder.waiting[0].fail(new Error('no memory'))
  await expect(object.put({})).rejects.toThrow('no memory')
  object.append(batchOf(1), null)
  await object.abandon()
  expect(memory.usedBytes).toBe(0)
})

import type { OperatorRuntime } from '../../component/index.js'
import { replacePayloads, type Batch, type Rejection } from '../../model/index.js'

/** What becomes of a payload: other bytes, nothing, or a reason why it cannot be processed. */
export type Changed = Uint8Array | 'drop' | Rejection

/** The batch with the payload of each selected record replaced; `change` is called for them in order. */
export function changePayloads(batch: Batch, runtime: OperatorRuntime, change: (payload: Uint8Array) => Changed): Batch {
  const { records } = batch
  const payloads = Array.from<Uint8Array | undefined>({ length: records.count })
  let dropped = 0
  const kept: number[] = []
  for (let i = 0; i < batch.rowCount; i++) {
    const row = batch.rowAt(i)
    const record = batch.recordAt(row)
    const changed = change(records.payload(record))
    if (changed instanceof Uint8Array) {
      payloads[record] = changed
      kept.push(record)
    } else if (changed === 'drop') dropped += 1
    else runtime.reject(batch, row, changed)
  }
  runtime.dropped(dropped)
  return batch.withRecords(replacePayloads(records, payloads), Int32Array.from(kept))
}

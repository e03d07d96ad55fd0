import { PutRecordsCommand, type KinesisClient } from '@aws-sdk/client-kinesis'
import { mapAwsError } from '@standpipe/aws'
import type { RecordWriter, Runtime } from '@standpipe/core/component'
import { StandpipeError, type Batch, type Rejection } from '@standpipe/core/model'
import { MAXIMUM_RECORDS } from './kinesis-config.js'
import { PendingRecords, type TakenRecord } from './pending-records.js'
import type { ShardRates } from './shard-rates.js'
import { streamAddress } from './stream-address.js'
import { makeStreamRecords, type RecordMaking } from './stream-records.js'
import { StreamShards } from './stream-shards.js'

/** What the writer of the sink `kinesis` needs. */
export interface KinesisWriterParts {
  readonly client: KinesisClient
  readonly stream: string
  readonly making: RecordMaking
  readonly ordered: boolean
  readonly maxRequestBytes: number
  readonly shardLimits: boolean
  readonly concurrency: number
  readonly runtime: Pick<Runtime, 'clock' | 'log'>
}

/** How long to wait for a shard that has taken its second's worth. */
const RATE_WAIT_MS = 20
/** Before the records that Kinesis did not take are sent again. */
const PARTIAL_PAUSE_MS = 100

/** Sends batches by PutRecords; what Kinesis did not take of a request is sent again, alone, and its key waits for it. */
export class KinesisWriter implements RecordWriter {
  private unfinished: { readonly batch: Batch; readonly pending: PendingRecords } | undefined
  private readonly shards: StreamShards | undefined

  constructor(private readonly parts: KinesisWriterParts) {
    if (parts.shardLimits) this.shards = new StreamShards(parts.client, parts.stream, parts.runtime)
  }

  async write(batch: Batch, signal: AbortSignal, reject: (row: number, rejection: Rejection) => void): Promise<void> {
    if (this.unfinished?.batch !== batch) {
      const records = makeStreamRecords(batch, this.parts.making, reject)
      this.unfinished = { batch, pending: new PendingRecords(records, this.parts.ordered) }
    }
    await this.sendAll(this.unfinished.pending, signal)
    this.unfinished = undefined
  }

  async close(): Promise<void> {
    this.parts.client.destroy()
  }

  private async sendAll(pending: PendingRecords, signal: AbortSignal): Promise<void> {
    const { clock } = this.parts.runtime
    const rates = await this.shards?.current(signal)
    const underWay = new Set<Promise<void>>()
    let failure: Error | undefined
    while (!pending.done && failure === undefined) {
      const taken = underWay.size < this.parts.concurrency ? this.take(pending, rates) : []
      if (taken.length > 0) {
        const sent = this.send(pending, taken, signal)
          .catch((error: unknown) => void (failure ??= error instanceof Error ? error : new Error(String(error))))
          .finally(() => underWay.delete(sent))
        underWay.add(sent)
        continue
      }
      const full = underWay.size === this.parts.concurrency
      const wait = full || (underWay.size > 0 && !pending.waiting) ? [] : [clock.sleep(RATE_WAIT_MS)]
      await Promise.race([...underWay, ...wait])
      if (signal.aborted) failure ??= signal.reason instanceof Error ? signal.reason : new Error('aborted')
    }
    await Promise.all(underWay)
    if (failure !== undefined) throw failure
  }

  private take(pending: PendingRecords, rates: ShardRates | undefined): TakenRecord[] {
    const nowMs = this.parts.runtime.clock.monotonic()
    return pending.take({
      records: MAXIMUM_RECORDS,
      bytes: this.parts.maxRequestBytes,
      admit: (record) => rates === undefined || rates.admit(record, nowMs),
    })
  }

  /** Sends one request. Throws where Kinesis took none of it. */
  private async send(pending: PendingRecords, taken: readonly TakenRecord[], signal: AbortSignal): Promise<void> {
    const { client, stream, runtime } = this.parts
    const action = `send ${taken.length} records to the stream \`${stream}\``
    let failed: readonly TakenRecord[] = taken
    try {
      const Records = taken.map(({ record }) => ({ Data: record.bytes, PartitionKey: record.partitionKey, ExplicitHashKey: record.explicitHashKey }))
      const answer = await client.send(new PutRecordsCommand({ ...streamAddress(stream), Records }), { abortSignal: signal }).catch((error: unknown) => {
        throw mapAwsError(error, { component: 'kinesis', action })
      })
      const results = answer.Records ?? []
      if (results.length !== taken.length) {
        throw new StandpipeError(`cannot ${action}: the answer speaks of ${results.length}`, { code: 'SINK_UNREACHABLE', retryable: true, component: 'kinesis' })
      }
      for (const [i, one] of taken.entries()) if (results[i].ErrorCode === undefined) pending.accepted(one)
      failed = taken.filter((_, i) => results[i].ErrorCode !== undefined)
      if (failed.length === 0) return
      const { ErrorCode, ErrorMessage } = results.find((result) => result.ErrorCode !== undefined) ?? {}
      this.shards?.noteThrottle()
      runtime.log.debug('Kinesis took a part of a request', { stream, failed: failed.length, of: taken.length, code: ErrorCode })
      if (failed.length === taken.length) {
        throw new StandpipeError(`cannot ${action}: ${ErrorMessage ?? ''} (${ErrorCode})`, { code: 'SINK_BUSY', retryable: true, component: 'kinesis' })
      }
      await runtime.clock.sleep(PARTIAL_PAUSE_MS * (0.5 + Math.random()), signal)
    } finally {
      pending.refused(failed)
    }
  }
}

import { PutRecordBatchCommand, type FirehoseClient } from '@aws-sdk/client-firehose'
import { mapAwsError } from '@standpipe/aws'
import type { RecordWriter, Runtime } from '@standpipe/core/component'
import { StandpipeError, type Batch } from '@standpipe/core/model'
import { cutRequests, makeRecords, type OutgoingRecord, type RecordMaking, type RejectRow } from './outgoing-records.js'

/** What the writer of the sink `firehose` needs. */
export interface FirehoseWriterParts {
  readonly client: FirehoseClient
  readonly making: RecordMaking
  readonly concurrency: number
  readonly runtime: Pick<Runtime, 'clock' | 'log'>
}

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

/**
 * Sends batches by PutRecordBatch. A record that failed is sent again, alone of its request; a request whose
 * answer was lost is sent again whole, which is where duplicates come from.
 */
export class FirehoseWriter implements RecordWriter {
  private unfinished: { readonly batch: Batch; readonly byStream: Map<string, OutgoingRecord[]> } | undefined

  constructor(private readonly parts: FirehoseWriterParts) {}

  async write(batch: Batch, signal: AbortSignal, reject: RejectRow): Promise<void> {
    if (this.unfinished?.batch !== batch) this.unfinished = { batch, byStream: makeRecords(batch, this.parts.making, reject) }
    const { byStream } = this.unfinished
    for (let round = 0; ; round++) {
      const requests = [...byStream].flatMap(([stream, records]) =>
        cutRequests(records.filter(({ accepted }) => !accepted)).map((request) => ({ stream, request })),
      )
      if (requests.length === 0) break
      if (round > 0) await this.parts.runtime.clock.sleep(pauseMs(round), signal)
      await this.sendAll(requests, signal)
    }
    this.unfinished = undefined
  }

  async close(): Promise<void> {
    this.parts.client.destroy()
  }

  /** Sends requests side by side. Throws where Firehose took none of the records of one of them. */
  private async sendAll(requests: readonly { readonly stream: string; readonly request: OutgoingRecord[] }[], signal: AbortSignal): Promise<void> {
    const waiting = requests.values()
    let failure: Error | undefined
    const work = async (): Promise<void> => {
      for (const { stream, request } of waiting) {
        if (failure !== undefined) return
        try {
          await this.send(stream, request, signal)
        } catch (error) {
          failure ??= error instanceof Error ? error : new Error(String(error))
        }
      }
    }
    await Promise.all(Array.from({ length: Math.min(this.parts.concurrency, requests.length) }, work))
    if (failure !== undefined) throw failure
  }

  private async send(stream: string, request: readonly OutgoingRecord[], signal: AbortSignal): Promise<void> {
    const action = `send ${request.length} records to the delivery stream \`${stream}\``
    const Records = request.map(({ bytes }) => ({ Data: bytes }))
    const answer = await this.parts.client
      .send(new PutRecordBatchCommand({ DeliveryStreamName: stream, Records }), { abortSignal: signal })
      .catch((error: unknown) => {
        throw mapAwsError(error, { component: 'firehose', action })
      })
    const results = answer.RequestResponses ?? []
    if (results.length !== request.length) {
      throw new StandpipeError(`cannot ${action}: the answer speaks of ${results.length}`, { code: 'SINK_UNREACHABLE', retryable: true, component: 'firehose' })
    }
    const failed = results.filter(({ ErrorCode }) => ErrorCode !== undefined)
    for (const [i, record] of request.entries()) record.accepted ||= results[i].ErrorCode === undefined
    if (failed.length === 0) return
    this.parts.runtime.log.debug('Firehose took a part of a request', { stream, failed: failed.length, of: request.length, code: failed[0].ErrorCode })
    if (failed.length === request.length) {
      const [{ ErrorCode, ErrorMessage }] = failed
      throw new StandpipeError(`cannot ${action}: ${ErrorMessage ?? ''} (${ErrorCode})`, { code: 'SINK_BUSY', retryable: true, component: 'firehose' })
    }
  }
}

/** Before what Firehose did not take is sent again, with jitter; where it took nothing at all, the engine waits. */
function pauseMs(round: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(round - 1, 10)) * (0.5 + Math.random() / 2)
}

// A sink for everybody: one value that says everything. Options, their checks, the reference page, the listing and
// the contract that `explain` prints follow from it; the engine adds retries, timeouts, metrics and dead letters.
import { defineSink, StandpipeError, type Batch, type RecordSink, type RecordWriter } from 'standpipe'
import { z } from 'zod'

/** Sink `webhook`: posts each batch to an HTTP endpoint, as JSON lines. */
export const webhookSink = defineSink({
  name: 'webhook',
  summary: 'Posts each batch to an HTTP endpoint, as JSON lines.',
  stability: 'experimental',
  config: z.strictObject({
    url: z.url().describe('Where batches are posted.'),
    token: z.string().optional().describe('Bearer token; best as `${WEBHOOK_TOKEN}`.'),
  }),
  examples: [{ title: 'A service on this machine', config: { url: 'http://127.0.0.1:8080/readings' } }],
  async bind({ url, token }, _schema, context): Promise<RecordSink> {
    const { encodeRows } = await context.bindFormat('jsonl', {})
    return {
      kind: 'record',
      guarantee: 'at-least-once',
      keepsOrder: true,
      caveats: ['a batch whose answer is lost is posted again'],
      open: async () => new WebhookWriter(url, token, encodeRows),
    }
  },
})

class WebhookWriter implements RecordWriter {
  constructor(
    private readonly url: string,
    private readonly token: string | undefined,
    private readonly encodeRows: (batch: Batch) => readonly Uint8Array[],
  ) {}

  async write(batch: Batch, signal: AbortSignal): Promise<void> {
    const lines = this.encodeRows(batch).map((row) => `${Buffer.from(row).toString().trimEnd()}\n`)
    if (lines.length === 0) return
    const headers = { 'content-type': 'application/x-ndjson', ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }) }
    const response = await fetch(this.url, { method: 'POST', body: lines.join(''), headers, signal }).catch((error: unknown) => {
      throw new StandpipeError(`cannot reach ${this.url}`, { code: 'SINK_UNREACHABLE', retryable: !signal.aborted, component: 'webhook', cause: error })
    })
    await response.arrayBuffer()
    if (response.ok) return
    // What may pass is retried by the engine; what will not, ends the run.
    const retryable = response.status === 429 || response.status >= 500
    throw new StandpipeError(`${this.url} answered ${response.status}`, { code: retryable ? 'SINK_UNREACHABLE' : 'SINK_REJECTED', retryable, component: 'webhook' })
  }

  async close(): Promise<void> {}
}

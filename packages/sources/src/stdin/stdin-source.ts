import type { Readable } from 'node:stream'
import { z } from 'zod'
import { ConfigProblemError, defineSource, size, StandpipeError, type SourceDefinition, type SourceEvent } from '@standpipe/core'
import type { FramedBlock } from '../reading/framed-block.js'
import { prepend, skipBytes, type Pull } from '../reading/pull.js'
import { bindRecordFormat, recordFormatConfig } from '../reading/record-format.js'
import { RecordFraming } from '../reading/record-framing.js'
import { comparePlaces } from '../reading/stream-position.js'
import { detectEncoding, encodingLabel, transcode } from '../reading/text-encoding.js'

const config = z.strictObject({
  format: recordFormatConfig.default('jsonl'),
  encoding: z.string().default('utf-8').describe('Encoding of the text; a byte-order mark wins.'),
  maxRecord: size().prefault('10MiB').describe('Larger records become dead letters.'),
})

/**
 * Source `stdin` over the stream that `open` gives when reading begins; the cli passes `() => process.stdin`.
 * The stream is destroyed when reading ends.
 */
export function stdinSource(open: () => Readable): SourceDefinition<typeof config> {
  return defineSource({
    name: 'stdin',
    summary: 'Reads records from standard input until it ends.',
    stability: 'beta',
    description: `What was read and not delivered when the process dies is lost: standard input cannot be read again. Where that matters,
write to a file and follow it.`,
    config,
    examples: [
      { title: 'JSON lines', config: {} },
      { title: 'CSV with a header row', config: { format: 'csv' } },
    ],
    bind(options) {
      const format = bindRecordFormat(options.format)
      const encoding = encodingLabel(options.encoding)
      if (encoding === undefined) throw new ConfigProblemError(`unknown encoding \`${options.encoding}\``, { path: ['encoding'] })
      return {
        traits: { replayable: false, ordered: true, bounded: true, stableArrival: false },
        format: format.decode,
        comparePositions: comparePlaces,
        async *read(runtime): AsyncGenerator<SourceEvent> {
          const stream = open()
          const stop = AbortSignal.any([runtime.stopping, runtime.signal])
          try {
            const text = await openText(pullStream(stream, stop), encoding)
            const place = { offset: text.offset, line: 1 }
            const framing = new RecordFraming(format, { maxRecordBytes: options.maxRecord, place })
            const origin = (): { name: string; stream: string; arrivalMs: number } => ({ name: 'stdin', stream: '', arrivalMs: runtime.clock.now() })
            for (let chunk = await text.pull(); chunk !== undefined; chunk = await text.pull()) {
              const block = framing.push(chunk, origin())
              if (block !== undefined) yield recordsOf(block)
            }
            if (stop.aborted) return
            const rest = text.flush()
            for (const block of [rest && framing.push(rest, origin()), framing.end(origin())]) {
              if (block !== undefined) yield recordsOf(block)
            }
            yield { kind: 'shardEnd', shard: SHARD }
          } finally {
            stream.destroy()
          }
        },
      }
    },
  })
}

const SHARD = 'stdin'

function recordsOf(block: FramedBlock): SourceEvent {
  return { kind: 'records', shard: SHARD, records: block, bytes: block.bytes.length }
}

/** Chunks of a stream, one for each call; undefined at its end, or as soon as `stop` is aborted. */
function pullStream(stream: Readable, stop: AbortSignal): Pull {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  const stopped = new Promise<undefined>((resolve) => {
    if (stop.aborted) resolve(undefined)
    else stop.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  return async () => {
    if (stop.aborted) return undefined
    try {
      const next = await Promise.race([chunks.next(), stopped])
      return next === undefined || next.done === true ? undefined : next.value
    } catch (cause) {
      throw new StandpipeError('standard input cannot be read', { code: 'SOURCE_UNREADABLE', component: 'stdin', cause })
    }
  }
}

async function openText(pull: Pull, encoding: string): Promise<{ pull: Pull; offset: number; flush(): Uint8Array | undefined }> {
  const start: Uint8Array[] = []
  for (let bytes = 0; bytes < 3;) {
    const chunk = await pull()
    if (chunk === undefined) break
    start.push(chunk)
    bytes += chunk.length
  }
  const first = start.length === 0 ? undefined : Buffer.concat(start)
  const { label, markBytes } = detectEncoding(first ?? new Uint8Array(0), encoding)
  const whole = prepend(first, pull)
  if (label !== 'utf-8') return { ...transcode(whole, label), offset: 0 }
  return { pull: skipBytes(whole, markBytes), offset: markBytes, flush: () => undefined }
}

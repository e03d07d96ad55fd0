import { z } from 'zod'
import { defineOperator } from '../../component/index.js'
import { RAW_SCHEMA, type Rejection } from '../../model/index.js'
import { mapBatches } from '../map-batches.js'
import { changePayloads, type Changed } from './change-payloads.js'
import { parsePayload } from './parse-payload.js'

/** Keeps of what CloudWatch Logs sends the messages alone; Firehose's processor `CloudWatchLogProcessing`. */
export const extractMessages = defineOperator({
  name: 'extractMessages',
  on: 'payloads',
  keepsSchema: true,
  summary: 'Keeps of what CloudWatch Logs sends the messages alone.',
  stability: 'beta',
  description:
    "Firehose's processor `CloudWatchLogProcessing` with message extraction, to be put after `decompress`. The payload becomes the messages of its log events, " +
    'each with a newline behind it; owner, group and stream are left out. Control messages, which CloudWatch Logs sends to test a subscription, are dropped. ' +
    'What is no record of CloudWatch Logs is a dead letter.',
  config: z.strictObject({}),
  examples: [{ title: 'It has no options', config: {} }],
  bind: () => ({
    schema: RAW_SCHEMA,
    traits: { deterministic: true, stateful: false },
    run: (runtime) => mapBatches((batch) => changePayloads(batch, runtime, messagesOf)),
  }),
})

function messagesOf(payload: Uint8Array): Changed {
  const parsed = parsePayload(payload)
  if ('problem' in parsed) return refusal(parsed.problem)
  const { value } = parsed
  if (typeof value !== 'object' || value === null) return refusal('expected an object with `logEvents`')
  const { messageType, logEvents } = value as { readonly messageType?: unknown; readonly logEvents?: unknown }
  if (messageType === 'CONTROL_MESSAGE') return 'drop'
  if (messageType !== 'DATA_MESSAGE' || !Array.isArray(logEvents)) return refusal('expected an object with `"messageType": "DATA_MESSAGE"` and `logEvents`')
  const lines: string[] = []
  for (const event of logEvents as readonly unknown[]) {
    const message = typeof event === 'object' && event !== null && 'message' in event ? event.message : undefined
    if (typeof message !== 'string') return refusal(`log event ${lines.length + 1} has no \`message\``)
    lines.push(`${message}\n`)
  }
  return Buffer.from(lines.join(''))
}

function refusal(problem: string): Rejection {
  return { code: 'CloudWatchLogProcessing.MalformedData', message: `extractMessages: ${problem}` }
}

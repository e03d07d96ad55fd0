import { Readable } from 'node:stream'
import type { KinesisClient } from '@aws-sdk/client-kinesis'

/** An answer of the service before the SDK reads it. */
export interface RawAnswer {
  /** When the service sent it, in milliseconds by its clock, cut to whole seconds; undefined where it does not say. */
  readonly sentMs: number | undefined
  readonly contentLength: number | undefined
  readonly body: AsyncIterable<Uint8Array> & { destroy(): void }
}

interface HttpAnswer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | undefined>>
  body: RawAnswer['body']
}

/**
 * Shows each successful answer to a command to `take` before the SDK reads it. What `take` returns is the body that the SDK
 * reads instead: its objects for each record and event cost ten times what their bytes do. Everything else stays the
 * SDK's: endpoint, credentials, signature, errors.
 */
export function takeAnswer(command: { readonly middlewareStack: unknown }, take: (answer: RawAnswer) => Promise<RawAnswer['body']> | RawAnswer['body']): void {
  // Each command has a stack typed by its own input and output, of which nothing is touched here.
  const stack = command.middlewareStack as KinesisClient['middlewareStack']
  stack.add(
    (next) => async (args) => {
      const result = await next(args)
      const response = result.response as HttpAnswer
      if (response.statusCode >= 300) return result
      const sentMs = Date.parse(response.headers.date ?? '')
      const contentLength = Number(response.headers['content-length'] ?? '')
      response.body = await take({
        sentMs: Number.isNaN(sentMs) ? undefined : sentMs,
        contentLength: contentLength > 0 ? contentLength : undefined,
        body: response.body,
      })
      return result
    },
    { step: 'deserialize', name: 'takeAnswer', priority: 'low' },
  )
}

/** A body for the SDK that says nothing. */
export function emptyBody(): RawAnswer['body'] {
  return Readable.from([Buffer.from('{}')])
}

/** The whole body, in one buffer of its own. */
export async function collectBody({ body, contentLength }: RawAnswer): Promise<Buffer> {
  if (contentLength === undefined) {
    const pieces: Uint8Array[] = []
    for await (const piece of body) pieces.push(piece)
    return Buffer.concat(pieces)
  }
  const whole = Buffer.allocUnsafeSlow(contentLength)
  let length = 0
  for await (const piece of body) {
    whole.set(piece, length)
    length += piece.length
  }
  return whole.subarray(0, length)
}

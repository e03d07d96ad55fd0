import { registerConsumer, type KinesisStream } from '@standpipe/aws'
import type { Runtime } from '@standpipe/core'
import { persist } from './backoff.js'

/** How often to look whether a new consumer can subscribe. */
const ACTIVE_MS = 500

/** ARN of the consumer that a pipeline reads with: as given, else one of its name, which is registered where it is not there. */
export async function findConsumer(stream: KinesisStream, consumer: string, runtime: Runtime, signal: AbortSignal): Promise<string> {
  if (consumer.startsWith('arn:')) return consumer
  const { clock, log } = runtime
  const parts = { clock, log, signal }
  const { arn } = await persist(parts, () => stream.describe(signal))
  for (let told = false; ; told = true) {
    const found = await persist(parts, () => registerConsumer(stream.client, arn, consumer, signal))
    if (found.active) return found.arn
    if (!told) log.info('registered a consumer of the stream; it stays until it is deregistered', { consumer: found.arn })
    await clock.sleep(ACTIVE_MS, signal)
  }
}

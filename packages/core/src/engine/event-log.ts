import type { Logger } from '../component/index.js'
import type { Clock } from '../model/index.js'
import { describeEvent, type EngineEvent } from './events.js'

/** Dead letters of one kind are logged once, and then at most this often, with their number. */
const REJECTIONS_EVERY_MS = 30_000

/** Writes the events that people want in a log. What may come with every batch is summed up. */
export class EventLog {
  private readonly rejections = new Map<string, { loggedMs: number; records: number }>()

  constructor(
    private readonly log: Logger,
    private readonly pipeline: string,
    private readonly clock: Clock,
  ) {}

  write(event: EngineEvent): void {
    const told = event.type === 'RecordsRejected' ? this.sumUp(event) : event
    const described = told === undefined ? undefined : describeEvent(told)
    if (told === undefined || described === undefined) return
    // An example shows a value of a record; payloads stay out of logs. A message of its own is part of the description.
    const { type, example: _, message: __, ...fields } = { example: undefined, message: undefined, ...told }
    this.log[described.level](described.message, { pipeline: this.pipeline, event: type, ...fields })
  }

  private sumUp(event: Extract<EngineEvent, { type: 'RecordsRejected' }>): EngineEvent | undefined {
    const key = `${event.stage} ${event.code}`
    const now = this.clock.monotonic()
    const known = this.rejections.get(key)
    if (known === undefined) {
      this.rejections.set(key, { loggedMs: now, records: 0 })
      return event
    }
    known.records += event.records
    if (now - known.loggedMs < REJECTIONS_EVERY_MS) return undefined
    const { records } = known
    known.loggedMs = now
    known.records = 0
    return { ...event, records }
  }
}

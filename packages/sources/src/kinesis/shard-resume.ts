import { awsErrorName, compareSequenceNumbers, parseKinesisPosition, type KinesisPosition, type RecordsPage, type ShardStart } from '@standpipe/aws'
import { StandpipeError, type Position, type RecordGap, type ShardId, type SourceRuntime } from '@standpipe/core'

/** What is done where records may have expired unread: end the run, or tell of it and read on. */
export type OnGap = 'stop' | 'continue'

/** What finding gaps needs. */
export interface GapParts {
  readonly onGap: OnGap
  readonly retentionMs: number
  readonly runtime: Pick<SourceRuntime, 'clock' | 'checkpointArrivalMs' | 'reportGap'>
}

/** Ends the run with RETENTION_PASSED, or tells of the gap, as configured. */
export function passGap({ onGap, runtime }: GapParts, gap: RecordGap, cause?: unknown): void {
  if (onGap === 'stop') throw new StandpipeError(gap.message, { code: 'RETENTION_PASSED', component: 'kinesis', cause })
  runtime.reportGap?.(gap)
}

/**
 * How a shard is read on after its checkpoint, and whether anything between was lost. The record at the checkpoint is read
 * again: as long as the service still has it, nothing after it is gone. Where it is not there, or the checkpoint stands for
 * a time instead, retention tells.
 */
export class ShardResume {
  readonly start: ShardStart
  /** User records up to here were delivered. */
  readonly after: KinesisPosition | undefined
  private proven: boolean

  constructor(
    private readonly parts: GapParts,
    private readonly shard: ShardId,
    private readonly checkpoint: Position,
  ) {
    const position = parseKinesisPosition(checkpoint)
    const { sequenceNumber, untilMs } = position
    this.after = sequenceNumber === '' ? undefined : position
    this.start =
      untilMs === undefined ? { type: 'at', sequenceNumber } : sequenceNumber === '' ? { type: 'timestamp', ms: untilMs } : { type: 'after', sequenceNumber }
    this.proven = untilMs !== undefined
    if (untilMs !== undefined && this.isOlderThanRetention(untilMs)) this.gap(`nothing is known of it since ${new Date(untilMs).toISOString()}`)
  }

  /** Looks at each page until it is known whether there is a gap. */
  check(page: RecordsPage): void {
    if (this.proven) return
    const goesOn = page.nextIterator !== undefined || page.continuation !== undefined
    if (page.count === 0 && page.behindMs > 0 && goesOn) return
    this.proven = true
    const { sequenceNumber } = parseKinesisPosition(this.checkpoint)
    if (page.count > 0) {
      if (compareSequenceNumbers(page.sequenceNumber(0), sequenceNumber) > 0) this.gap('the record at the checkpoint has expired')
      return
    }
    const arrivalMs = this.parts.runtime.checkpointArrivalMs?.(this.shard)
    if (arrivalMs === undefined || this.isOlderThanRetention(arrivalMs)) this.gap('the record at the checkpoint has expired')
  }

  /** Where to read on when the service does not take the position at all; throws what is no such refusal. */
  refused(error: unknown): ShardStart {
    const name = error instanceof Error ? awsErrorName(error.cause) : ''
    if (name !== 'InvalidArgumentException') throw error
    this.proven = true
    this.gap('the service does not know the position of the checkpoint', error)
    return { type: 'oldest' }
  }

  private gap(reason: string, cause?: unknown): void {
    const message = `${this.shard}: records after the checkpoint may be lost: ${reason} (retention: ${this.parts.retentionMs / 3_600_000} h)`
    passGap(this.parts, { shard: this.shard, after: this.checkpoint, message }, cause)
  }

  private isOlderThanRetention(ms: number): boolean {
    return this.parts.runtime.clock.now() - ms > this.parts.retentionMs
  }
}

import type { RecordGap, ShardReport } from '../component/index.js'
import type { Position, ShardId } from '../model/index.js'

/** Everything the engine tells of itself: one typed catalogue that feeds logs, metrics, progress and tests. */
export type EngineEvent =
  | { readonly type: 'PipelineStarted'; readonly epoch: number; readonly resumed: boolean }
  | { readonly type: 'StagedObjectRecovered'; readonly sink: string; readonly key: string; readonly outcome: 'published' | 'vanished' }
  | { readonly type: 'BatchRead'; readonly shard: ShardId; readonly records: number; readonly bytes: number }
  | { readonly type: 'RecordsRejected'; readonly stage: string; readonly code: string; readonly records: number; readonly example: string }
  | { readonly type: 'BatchWritten'; readonly sink: string; readonly rows: number }
  | { readonly type: 'ObjectRolled'; readonly sink: string; readonly partition: string; readonly reason: RollReason; readonly rows: number }
  | { readonly type: 'ObjectPublished'; readonly sink: string; readonly partition: string; readonly key: string; readonly rows: number; readonly bytes: number }
  | { readonly type: 'CheckpointSaved'; readonly seq: number; readonly shards: number }
  | { readonly type: 'ShardEnded'; readonly shard: ShardId; readonly position: Position | undefined }
  | { readonly type: 'LeaseTaken'; readonly shard: ShardId; readonly epoch: number }
  | { readonly type: 'LeaseEnded'; readonly shard: ShardId; readonly why: 'ended' | 'handed over' | 'lost' }
  | ({ readonly type: 'ShardReported' } & ShardReport)
  | ({ readonly type: 'GapPassed' } & RecordGap)
  | { readonly type: 'RetryScheduled'; readonly component: string; readonly attempt: number; readonly delayMs: number; readonly code: string; readonly message: string }
  | { readonly type: 'PressureRelieved'; readonly sink: string; readonly usedBytes: number; readonly freedBytes: number }
  | { readonly type: 'PipelineRewound'; readonly reason: string }
  | { readonly type: 'PipelineDraining' }
  | { readonly type: 'PipelineStopped'; readonly reason: 'ended' | 'drained' | 'failed' }

/** Why an object was finished. */
export type RollReason = 'size' | 'age' | 'pressure' | 'end'

/** Where the engine's parts report to. */
export type EmitEvent = (event: EngineEvent) => void

/** The events that people want in a log, with their level; the others are for metrics and tests. */
export function describeEvent(event: EngineEvent): { readonly level: 'info' | 'warn' | 'error'; readonly message: string } | undefined {
  switch (event.type) {
    case 'PipelineStarted':
      return { level: 'info', message: event.resumed ? 'resumed after the last checkpoint' : 'started' }
    case 'StagedObjectRecovered':
      return { level: 'warn', message: `recovered a staged object: ${event.outcome}` }
    case 'RecordsRejected':
      return { level: 'warn', message: `${event.records} record(s) to the dead letters: ${event.code}` }
    case 'ObjectPublished':
      return { level: 'info', message: 'published' }
    case 'GapPassed':
      return { level: 'error', message: `reading went on over a gap: ${event.message}` }
    case 'LeaseTaken':
      return { level: 'info', message: `took shard ${event.shard}` }
    case 'LeaseEnded':
      return { level: event.why === 'lost' ? 'warn' : 'info', message: `shard ${event.shard}: ${event.why}` }
    case 'RetryScheduled':
      return { level: 'warn', message: `retrying in ${event.delayMs} ms: ${event.message}` }
    case 'PipelineRewound':
      return { level: 'warn', message: `reading again after the last checkpoint: ${event.reason}` }
    case 'PipelineDraining':
      return { level: 'info', message: 'draining: reading stopped, delivering what is in flight' }
    case 'PipelineStopped':
      // Why it failed is in the error that the run rejects with; whoever started it tells that.
      return event.reason === 'failed' ? undefined : { level: 'info', message: event.reason }
    default:
      return undefined
  }
}

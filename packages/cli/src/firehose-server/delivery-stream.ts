import type { Clock, Logger, PipelineRun } from '@standpipe/core'
import { AwsRefusal, PutJournal } from '@standpipe/sources'
import type { Definition } from '../firehose/definition-shape.js'
import type { Tag } from './envelope.js'
import { planConfig, planStream, type PlannedStream, type PlanSurroundings } from './plan-stream.js'
import { invalidArgument } from './refusals.js'
import { StreamDelivery } from './stream-delivery.js'
import { journalPath, removeStream, saveStream, type StreamDocument } from './stream-file.js'
import { DESTINATION_ID } from './stream-identity.js'

/** `DeliveryStreamStatus`, as AWS has it. */
export type StreamStatus = 'CREATING' | 'CREATING_FAILED' | 'ACTIVE' | 'DELETING' | 'DELETING_FAILED'

/** What a stream needs of its server. */
export interface StreamSurroundings {
  readonly plans: PlanSurroundings
  readonly journal: { readonly segmentBytes: number; readonly keepBytes: number; readonly fsync: boolean }
  readonly clock: Clock
  readonly log: Logger
}

/** How long a deletion waits for records that are in the journal and not yet read. */
const DELETION_WAIT_MS = 60_000
const LOOK_EVERY_MS = 20

/** A delivery stream: its definition, its journal, and the pipeline that delivers what is put into it. */
export class DeliveryStream {
  status: StreamStatus = 'CREATING'
  /** Why it failed, where its status says so. */
  failure: string | undefined
  private journal: PutJournal | undefined
  private delivery: StreamDelivery | undefined
  private planned: PlannedStream | undefined
  private opening: Promise<void> = Promise.resolve()
  /** Changes of the document, one after another. */
  private changing: Promise<unknown> = Promise.resolve()

  constructor(
    private kept: StreamDocument,
    private readonly folder: string,
    private readonly surroundings: StreamSurroundings,
  ) {}

  /** What is kept of it. */
  get document(): StreamDocument {
    return this.kept
  }

  /** Whether records are put into it, and not read from another stream. */
  get isDirectPut(): boolean {
    return (this.kept.definition.DeliveryStreamType ?? 'DirectPut') === 'DirectPut'
  }

  /** Its pipeline, while that runs. */
  get run(): PipelineRun | undefined {
    return this.delivery?.run
  }

  /** Opens journal and pipeline: the stream is ACTIVE then, or CREATING_FAILED. Resolves either way. */
  open(planned?: PlannedStream): Promise<void> {
    this.opening = this.begin(planned).catch((error: unknown) => {
      this.status = 'CREATING_FAILED'
      this.failure = textOf(error)
      this.surroundings.log.error('a delivery stream cannot be opened', { stream: this.kept.name, cause: this.failure })
    })
    return this.opening
  }

  /** Keeps the records of one call; resolves when they are durable. Rejects with a RefusedError where none is kept. */
  async put(records: readonly Buffer[]): Promise<void> {
    if (!this.isDirectPut) throw invalidArgument(`This operation is not permitted on ${this.kept.definition.DeliveryStreamType} delivery stream type.`)
    if (this.status === 'CREATING') await this.opening
    const { status, journal } = this
    if (status === 'CREATING_FAILED' || journal === undefined) throw new AwsRefusal('ServiceUnavailableException', 'the delivery stream could not be opened; see DescribeDeliveryStream', 503)
    if (status !== 'ACTIVE') throw new AwsRefusal('ResourceNotFoundException', `Firehose ${this.kept.name} is being deleted.`)
    await journal.append(records)
  }

  /** Goes on with another definition; the lock is optimistic, by the version that the caller knows. Resolves when that is durable. */
  update(knownVersionId: string, destinationId: string, changed: (definition: Definition) => Definition): Promise<void> {
    return this.inTurn(async () => {
      const { name, versionId, definition } = this.kept
      await this.opening
      if (this.status !== 'ACTIVE') throw inUse(name, this.status)
      if (knownVersionId !== String(versionId)) {
        throw new AwsRefusal('ConcurrentModificationException', `Cannot update firehose: ${name} since the current version id: ${versionId} and specified version id: ${knownVersionId} do not match`)
      }
      if (destinationId !== DESTINATION_ID) throw invalidArgument(`Destination Id ${destinationId} not found`)
      const next: StreamDocument = { ...this.kept, definition: changed(definition), versionId: versionId + 1, updatedMs: this.surroundings.clock.now() }
      const planned = await planStream(next, this.folder, this.surroundings.plans)
      await this.keep(next)
      this.planned = planned
      this.delivery?.change(planned)
    })
  }

  /** Changes the tags; resolves when that is durable. */
  retag(changed: (tags: readonly Tag[]) => readonly Tag[]): Promise<void> {
    return this.inTurn(async () => {
      if (this.status === 'DELETING') throw inUse(this.kept.name, this.status)
      await this.keep({ ...this.kept, tags: changed(this.kept.tags) })
    })
  }

  /**
   * Begins to delete it, durably; resolves then. `deleted` resolves when all is gone: what was put is delivered before, unless `force`.
   * It becomes DELETING_FAILED where it cannot be delivered.
   */
  delete(force: boolean): Promise<{ readonly deleted: Promise<boolean> }> {
    return this.inTurn(async () => {
      await this.opening
      if (this.status === 'DELETING' && !force) throw inUse(this.kept.name, this.status)
      this.status = 'DELETING'
      await this.keep({ ...this.kept, deleting: { force } })
      return { deleted: this.finishDeleting(force) }
    })
  }

  /** Drains: what was read is delivered, the rest is in the journal for the next start. Never rejects. */
  async close(): Promise<void> {
    await this.opening
    await this.delivery?.drain().catch(() => undefined) // the log has it
    await this.journal?.close()
    this.journal = undefined
  }

  private async begin(planned: PlannedStream | undefined): Promise<void> {
    const { plans, journal, clock, log } = this.surroundings
    this.planned = planned ?? (await planStream(this.kept, this.folder, plans))
    if (this.isDirectPut) this.journal = await PutJournal.open({ folder: journalPath(this.folder), ...journal, reader: this.planned.plan.name, clock, log })
    this.delivery = this.deliver(this.planned)
    this.status = 'ACTIVE'
  }

  private deliver(planned: PlannedStream): StreamDelivery {
    const { plans, clock, log } = this.surroundings
    return new StreamDelivery(planned, this.kept.applied, {
      clock,
      log,
      planFormer: async (config) => (await planConfig(config, this.folder, plans)).plan,
      noteApplied: (applied) => this.inTurn(() => this.keep({ ...this.kept, applied })),
    })
  }

  /** Resolves to whether it is gone. */
  private async finishDeleting(force: boolean): Promise<boolean> {
    try {
      if (!force) {
        await this.allRead()
        await this.delivery?.drain()
      }
      await this.delivery?.cut()
      await this.journal?.close()
      await this.inTurn(() => removeStream(this.folder))
      return true
    } catch (error) {
      this.status = 'DELETING_FAILED'
      // Whoever deletes it again finds it at work.
      if (this.delivery?.hasEnded === true && this.planned !== undefined && this.journal !== undefined) this.delivery = this.deliver(this.planned)
      this.failure = `what was put could not be delivered: ${textOf(error)}. Delete it with AllowForceDelete to discard it`
      this.surroundings.log.error('a delivery stream cannot be deleted', { stream: this.kept.name, cause: textOf(error) })
      return false
    }
  }

  /** Resolves when the pipeline has taken all that was put. */
  private async allRead(): Promise<void> {
    const { clock } = this.surroundings
    const untilMs = clock.monotonic() + DELETION_WAIT_MS
    while (this.journal?.isRead === false) {
      if (clock.monotonic() > untilMs) throw new Error(`records are left in the journal after ${DELETION_WAIT_MS / 1000} s`)
      await clock.sleep(LOOK_EVERY_MS)
    }
  }

  private async keep(document: StreamDocument): Promise<void> {
    await saveStream(this.folder, document)
    this.kept = document
  }

  private inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const done = this.changing.then(change)
    this.changing = done.catch(() => undefined) // whoever asked for it is told
    return done
  }
}

function inUse(name: string, status: StreamStatus): AwsRefusal {
  return new AwsRefusal('ResourceInUseException', `Firehose ${name} is not ACTIVE: its status is ${status}`)
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

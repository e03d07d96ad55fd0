import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PipelineRun } from '@standpipe/core'
import { AwsRefusal } from '@standpipe/sources'
import type { Definition } from '../firehose/definition-shape.js'
import { DeliveryStream, type StreamSurroundings } from './delivery-stream.js'
import { planStream } from './plan-stream.js'
import { loadStreams, saveStream, type StreamDocument } from './stream-file.js'
import { deliveryStreamArn, type StreamHome } from './stream-identity.js'

/** What a server's delivery streams need. */
export interface StreamsOptions extends StreamSurroundings {
  /** Folder that they live in; each has one of its own there. */
  readonly folder: string
  readonly home: StreamHome
  readonly mostStreams: number
}

/** The delivery streams of a server: made, found, and deleted. */
export class DeliveryStreams {
  private readonly streams = new Map<string, DeliveryStream>()
  /** Names of streams that are being made. */
  private readonly reserved = new Set<string>()
  private readonly leaving = new Set<Promise<void>>()

  private constructor(private readonly options: StreamsOptions) {}

  /** Brings the streams back that were there before; those that were being deleted go on with that. Throws LEDGER_CORRUPT or LEDGER_NEWER. */
  static async open(options: StreamsOptions): Promise<DeliveryStreams> {
    await mkdir(options.folder, { recursive: true })
    const opened = new DeliveryStreams(options)
    for (const { folder, document } of await loadStreams(options.folder)) opened.streams.set(document.name, new DeliveryStream(document, folder, options))
    await Promise.all([...opened.streams.values()].map((stream) => stream.open()))
    for (const stream of opened.streams.values()) if (stream.document.deleting !== undefined) await opened.delete(stream.document.name, stream.document.deleting.force)
    return opened
  }

  /** Names, in alphabetical order. */
  get names(): readonly string[] {
    return [...this.streams.keys()].sort()
  }

  /** The pipelines that run. */
  get runs(): readonly PipelineRun[] {
    return [...this.streams.values()].flatMap(({ run }) => run ?? [])
  }

  /** A stream by its name. Throws ResourceNotFoundException. */
  find(name: string): DeliveryStream {
    const stream = this.streams.get(name)
    if (stream === undefined) throw new AwsRefusal('ResourceNotFoundException', `Firehose ${name} under account ${this.options.home.accountId} not found.`)
    return stream
  }

  /** Makes a stream; resolves when its definition is durable, while it is still CREATING. Throws an AwsRefusal. */
  async create(definition: Definition): Promise<DeliveryStream> {
    const { DeliveryStreamName: name, Tags: tags = [], ...rest } = definition
    const { home, mostStreams, folder, plans, clock } = this.options
    if (this.streams.has(name) || this.reserved.has(name)) throw new AwsRefusal('ResourceInUseException', `Firehose ${name} under accountId ${home.accountId} already exists`)
    if (this.streams.size + this.reserved.size >= mostStreams) {
      throw new AwsRefusal('LimitExceededException', `You have already consumed your firehose quota of ${mostStreams} hoses (--max-streams). Hose names: ${this.names.slice(0, 10).join(', ')}`)
    }
    this.reserved.add(name)
    try {
      const document: StreamDocument = {
        format: 1,
        name,
        arn: deliveryStreamArn(name, home),
        createdMs: clock.now(),
        versionId: 1,
        definition: { DeliveryStreamName: name, ...rest },
        tags,
      }
      // A name may be `..`, or differ from another by case alone.
      const own = join(folder, `${name.replaceAll('.', '_')}-${randomBytes(4).toString('hex')}`)
      const planned = await planStream(document, own, plans)
      await saveStream(own, document)
      const stream = new DeliveryStream(document, own, this.options)
      this.streams.set(name, stream)
      void stream.open(planned)
      this.options.log.info('a delivery stream was created', { stream: name, notes: planned.notes })
      return stream
    } finally {
      this.reserved.delete(name)
    }
  }

  /** Begins to delete a stream; resolves when that is durable. */
  async delete(name: string, force: boolean): Promise<void> {
    const stream = this.find(name)
    const { deleted } = await stream.delete(force)
    const left = deleted.then((isGone) => {
      if (!isGone) return
      this.streams.delete(name)
      this.options.log.info('a delivery stream was deleted', { stream: name })
    })
    this.leaving.add(left)
    void left.finally(() => this.leaving.delete(left))
  }

  /** Drains all of them; what is not delivered is in their journals. */
  async close(): Promise<void> {
    await Promise.all(this.leaving)
    await Promise.all([...this.streams.values()].map((stream) => stream.close()))
  }
}

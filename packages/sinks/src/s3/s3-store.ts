import type { ListedObject, ObjectProperties, ObjectStore, ObjectUpload, PublishOutcome, StagedObject } from '@standpipe/core/component'
import { checkBucket, lifecycleWarnings } from './bucket-checks.js'
import { ConditionalWrites, type ConditionalWritesChoice } from './conditional-writes.js'
import { probeConditions } from './probe-conditions.js'
import { listObjects, readObjectRange } from './read-objects.js'
import { mapS3Error, type S3Bucket } from './s3-bucket.js'
import { isPublished, lookForUpload, publishUpload, saysKeyTaken } from './s3-publish.js'
import { abortUpload, putObject, S3Upload, type S3Staging } from './s3-upload.js'
import { listUploads } from './staged-uploads.js'

/** Where an S3 store puts its objects. */
export interface S3StoreOptions extends Omit<S3Bucket, 'conditions'> {
  /** Whether `If-None-Match: *` is sent; `probe` where the endpoint is not known to heed it. */
  readonly conditionalWrites: ConditionalWritesChoice
  /** What all keys begin with: which unfinished uploads and lifecycle rules concern the store. */
  readonly keyPrefix: string
  readonly partBytes: number
}

/**
 * Objects of a bucket. An object is staged as a multipart upload that is not completed, and published by
 * completing it. Every request is bounded by the client's time limit and sent once, so callers must not
 * give up on a call before it ends. Owns the client.
 */
export class S3Store implements ObjectStore {
  readonly location: string
  readonly minPartBytes: number

  private readonly place: S3Bucket
  private readonly keyPrefix: string

  constructor(options: S3StoreOptions) {
    this.place = { ...options, conditions: new ConditionalWrites(options.conditionalWrites) }
    this.keyPrefix = options.keyPrefix
    this.location = `s3://${options.bucket}/${options.keyPrefix}`
    this.minPartBytes = options.partBytes
  }

  async open(signal: AbortSignal): Promise<readonly string[]> {
    await checkBucket(this.place, signal)
    const warnings = [probeConditions(this.place, this.keyPrefix, signal), lifecycleWarnings(this.place, this.keyPrefix, signal)]
    return (await Promise.all(warnings)).flat()
  }

  async begin(key: string, properties: ObjectProperties): Promise<ObjectUpload> {
    return new S3Upload(this.place, key, properties)
  }

  async put(key: string, bytes: Uint8Array, properties: ObjectProperties): Promise<void> {
    try {
      await putObject(this.place, key, bytes, properties)
    } catch (error) {
      if (saysKeyTaken(error) && (await isPublished(this.place, key, properties.identity))) return
      throw mapS3Error(error, `write ${key}`)
    }
  }

  look(staged: StagedObject): Promise<'staged' | 'published' | 'gone'> {
    return lookForUpload(this.place, staged)
  }

  publish(staged: StagedObject): Promise<PublishOutcome> {
    return publishUpload(this.place, staged)
  }

  discard(staged: StagedObject): Promise<void> {
    return abortUpload(this.place, staged.key, (staged.upload as S3Staging).uploadId)
  }

  listStaged(): ReturnType<ObjectStore['listStaged']> {
    return listUploads(this.place, this.keyPrefix)
  }

  list(prefix: string): AsyncIterable<ListedObject> {
    return listObjects(this.place, prefix)
  }

  readRange(key: string, start: number, end: number): Promise<Uint8Array> {
    return readObjectRange(this.place, key, start, end)
  }

  async close(): Promise<void> {
    this.place.client.destroy()
  }
}

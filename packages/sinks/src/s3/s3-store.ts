import type { ListedObject, ObjectProperties, ObjectStore, ObjectUpload, PublishOutcome, StagedObject } from '@standpipe/core/component'
import { checkBucket, lifecycleWarnings } from './bucket-checks.js'
import { listObjects, readObjectRange } from './read-objects.js'
import { mapS3Error, type S3Bucket } from './s3-bucket.js'
import { isPublished, publishUpload, saysKeyTaken } from './s3-publish.js'
import { abortUpload, putObject, S3Upload, type S3Staging } from './s3-upload.js'
import { listUploads } from './staged-uploads.js'

/** Where an S3 store puts its objects. */
export interface S3StoreOptions extends S3Bucket {
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

  constructor(private readonly options: S3StoreOptions) {
    this.location = `s3://${options.bucket}/${options.keyPrefix}`
    this.minPartBytes = options.partBytes
  }

  async open(signal: AbortSignal): Promise<readonly string[]> {
    await checkBucket(this.options, signal)
    return lifecycleWarnings(this.options, this.options.keyPrefix, signal)
  }

  async begin(key: string, properties: ObjectProperties): Promise<ObjectUpload> {
    return new S3Upload(this.options, key, properties)
  }

  async put(key: string, bytes: Uint8Array, properties: ObjectProperties): Promise<void> {
    try {
      await putObject(this.options, key, bytes, properties)
    } catch (error) {
      if (saysKeyTaken(error) && (await isPublished(this.options, key, properties.identity))) return
      throw mapS3Error(error, `write ${key}`)
    }
  }

  publish(staged: StagedObject): Promise<PublishOutcome> {
    return publishUpload(this.options, staged)
  }

  discard(staged: StagedObject): Promise<void> {
    return abortUpload(this.options, staged.key, (staged.upload as S3Staging).uploadId)
  }

  listStaged(): ReturnType<ObjectStore['listStaged']> {
    return listUploads(this.options, this.options.keyPrefix)
  }

  list(prefix: string): AsyncIterable<ListedObject> {
    return listObjects(this.options, prefix)
  }

  readRange(key: string, start: number, end: number): Promise<Uint8Array> {
    return readObjectRange(this.options, key, start, end)
  }

  async close(): Promise<void> {
    this.options.client.destroy()
  }
}

/** An object that is durable but invisible; plain data that the ledger keeps. */
export interface StagedObject {
  /** Full key of the object once published. */
  readonly key: string
  /** Identity of this attempt, kept in the object's metadata or name: no other attempt ever has it. */
  readonly identity: string
  readonly bytes: number
  /** What the store needs to publish it: the upload's id and part tags, the temporary file's name. Plain JSON. */
  readonly upload: unknown
}

/** What came of a publish: `published` (by this call or an earlier one), or `vanished`: it is gone, and no object of this identity exists. */
export type PublishOutcome = 'published' | 'vanished'

/** An object being written: bytes go in, nothing is visible. Methods are called one at a time. */
export interface ObjectUpload {
  /**
   * Sends bytes. Every call but the last holds at least `minPartBytes` of the store.
   * Safe to call again after a retryable error.
   */
  write(bytes: Uint8Array): Promise<void>
  /** Makes the object durable, still invisible. */
  stage(): Promise<StagedObject>
  /** Gives up; removes what was sent, as far as it can. */
  abort(): Promise<void>
}

/** What an object says of itself beside its bytes. */
export interface ObjectProperties {
  readonly contentType: string
  readonly contentEncoding?: string
  /** Identity of this attempt; see {@link StagedObject}. */
  readonly identity: string
}

/** Where objects are put: a directory, a bucket. All errors are StandpipeError, with `retryable` set; the engine retries. */
export interface ObjectStore {
  /** For people: `s3://lake/telemetry/`, `out/telemetry/`. */
  readonly location: string
  /** Every part but the last must have this many bytes; 0 where writes may have any size. */
  readonly minPartBytes: number
  /** Checks at start that the place exists and can be written; throws with a clear message. Returns warnings. */
  open(signal: AbortSignal): Promise<readonly string[]>
  begin(key: string, properties: ObjectProperties): Promise<ObjectUpload>
  /** Stages and publishes in one request where the store can do that cheaper for a small object. */
  put(key: string, bytes: Uint8Array, properties: ObjectProperties): Promise<void>
  /** Makes a staged object visible. May be called again after any failure; never overwrites. */
  publish(staged: StagedObject): Promise<PublishOutcome>
  /** Removes a staged object that will never be published. */
  discard(staged: StagedObject): Promise<void>
  /** Staged objects that exist, with their identities; for garbage collection. */
  listStaged(): AsyncIterable<{ readonly identity: string; readonly key: string; readonly startedMs: number; discard(): Promise<void> }>
  /** Objects that readers see, whoever wrote them, whose keys begin with `prefix`; in no order. For checks after the fact. */
  list?(prefix: string): AsyncIterable<ListedObject>
  /** Bytes `start` to `end` (exclusive) of an object that readers see; fewer where it is shorter. */
  readRange?(key: string, start: number, end: number): Promise<Uint8Array>
  close(): Promise<void>
}

/** An object in a listing. */
export interface ListedObject {
  readonly key: string
  readonly bytes: number
}

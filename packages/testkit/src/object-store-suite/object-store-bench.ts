import type { ObjectProperties, ObjectStore, StagedObject } from '@standpipe/core/component'

/** What some stores or their emulators cannot show. A waiver names one, with the reason. */
export type StoreCapability =
  /** `listStaged` finds what other incarnations left. */
  | 'listStaged'
  /** `discard` and `abort` remove what was sent. */
  | 'discard'
  /** A publish onto a key that another object has is refused by the store. */
  | 'neverOverwrites'
  /** A removed upload is told from a failure. */
  | 'vanished'
  /** `look` tells a staged object from one that is gone. */
  | 'look'
  /** Content type and encoding are kept. */
  | 'properties'

/** A store under test, over a place of its own, with the means to look behind it. */
export interface ObjectStoreBench {
  readonly store: ObjectStore
  /** Another store over the same place, as after a restart. */
  restart(): Promise<ObjectStore>
  /** Bytes of the object that readers see at a key, read without the store; undefined where there is none. */
  read(key: string): Promise<Uint8Array | undefined>
  /** What the place keeps of an object beside its bytes; absent where `properties` is waived. */
  properties?(key: string): Promise<Partial<ObjectProperties>>
  /** Removes a staged object behind the store's back; absent where `vanished` and `look` are waived. */
  remove?(staged: StagedObject): Promise<void>
  close(): Promise<void>
}

/** How the suite gets its stores. */
export interface ObjectStoreHarness {
  /** A store over a fresh, empty place, not yet opened. */
  create(): Promise<ObjectStoreBench>
  /** What this store or emulator cannot show, with the reason, which is printed. */
  readonly waivers?: Partial<Record<StoreCapability, string>>
}

/** Key and properties of an attempt, named as the engine names them. */
export function nameObject(identity: string, folder = 'dt=2026-03-01'): { key: string; properties: ObjectProperties } {
  return {
    key: `${folder}/suite-2026-03-01-00-00-00-${identity}.jsonl`,
    properties: { contentType: 'application/x-ndjson', contentEncoding: 'gzip', identity },
  }
}

/** `bytes` bytes that differ from those of every other seed. */
export function patternBytes(bytes: number, seed: number): Uint8Array {
  const filled = new Uint8Array(bytes)
  let state = (seed * 2_654_435_761 + 1) | 0
  for (let i = 0; i < bytes; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0
    filled[i] = state >>> 16
  }
  return filled
}

/** Writes these parts as an object and stages it. */
export async function stageParts(store: ObjectStore, identity: string, parts: readonly Uint8Array[], folder?: string): Promise<StagedObject> {
  const { key, properties } = nameObject(identity, folder)
  const upload = await store.begin(key, properties)
  for (const part of parts) await upload.write(part)
  return upload.stage()
}

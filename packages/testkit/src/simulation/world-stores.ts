import type { LedgerBlobs, LedgerStore, ObjectStore, ObjectUpload, Position, PublishOutcome, RecordWriter, ShardId, StagedObject } from '@standpipe/core'
import { parseChain, StandpipeError } from '@standpipe/core'
import { CHAIN_MARK } from './words.js'
import type { World, WorldObject, WorldProcess } from './world.js'

/** What a process reaches of the world: the stores that its pipeline runs on. */
export interface ScenarioStores {
  ledger(): LedgerStore
  store(sink: string): ObjectStore
  /** Takes lines of a record sink. */
  send(sink: string, lines: readonly string[]): Promise<void>
  /** One read of the source. */
  read(): Promise<void>
  /** The source need not keep what is up to the position. Absent: it keeps all. */
  letGo?(shard: ShardId, position: Position): void
  /** Number of the first record that the source still has. */
  firstKept?(shard: ShardId): number
}

/** The stores of the world for one process; `blobs` says whether its ledger keeps states beside the document. Uploads behave as those of S3: created, filled by part number, completed or aborted. */
export function createWorldStores(world: World, process: WorldProcess, { blobs = true } = {}): ScenarioStores {
  const call = <T>(name: string, effect: () => T): Promise<T> => world.call(process, name, effect)
  return {
    ledger: () => ({
      location: 'simulation',
      load: () => call('ledger.load', () => structuredClone(world.document)),
      save: (document, expected) =>
        call('ledger.save', () => {
          if (world.document?.epoch !== expected?.epoch || world.document?.seq !== expected?.seq) return false
          world.document = structuredClone(document)
          return true
        }),
      ...(blobs ? { blobs: createBlobs(world, call) } : {}),
      close: async () => undefined,
    }),
    store: (sink) => createStore(world, sink, call),
    send: (sink, lines) => call(`${sink}.send`, () => void world.sent.set(sink, [...(world.sent.get(sink) ?? []), ...lines])),
    read: () => call('source.read', () => undefined),
    letGo(shard, position) {
      if (!process.dead) world.letGo.set(shard, Math.max(world.letGo.get(shard) ?? -1, Number(position)))
    },
    firstKept: (shard) => (world.letGo.get(shard) ?? -1) + 1,
  }
}

function createBlobs(world: World, call: Call): LedgerBlobs {
  return {
    save: (name, bytes) => call('blobs.save', () => void world.blobs.set(name, bytes)),
    load: (name) => call('blobs.load', () => world.blobs.get(name)),
    remove: (name) => call('blobs.remove', () => void world.blobs.delete(name)),
    list: () => call('blobs.list', () => [...world.blobs.keys()]),
  }
}

/** A record sink's writer over {@link ScenarioStores.send}. */
export function createWorldWriter(stores: ScenarioStores, sink: string, linesOf: (batch: Parameters<RecordWriter['write']>[0]) => readonly string[]): RecordWriter {
  return { write: (batch) => stores.send(sink, linesOf(batch)), close: async () => undefined }
}

type Call = <T>(name: string, effect: () => T) => Promise<T>

function createStore(world: World, sink: string, call: Call): ObjectStore {
  return {
    location: sink,
    minPartBytes: 0,
    open: () => call(`${sink}.open`, () => []),
    begin: (key, { identity }) => begin(world, sink, call, key, identity),
    put: (key, bytes, { identity }) =>
      call(`${sink}.put`, () => void world.objects.set(key, { sink, key, identity, ...contentOf(Buffer.from(bytes).toString()) })),
    look: ({ key, identity, upload }) =>
      call(`${sink}.look`, () => (world.uploads.has(uploadOf(upload)) ? 'staged' : world.objects.get(key)?.identity === identity ? 'published' : 'gone')),
    publish: (staged) => publish(world, sink, call, staged),
    discard: ({ upload }) => call(`${sink}.discard`, () => void world.uploads.delete(uploadOf(upload))),
    async *listStaged() {
      const found = await call(`${sink}.list`, () => [...world.uploads].filter(([, upload]) => upload.sink === sink))
      for (const [name, { identity, key }] of found) {
        yield { identity, key, startedMs: 0, discard: () => call(`${sink}.discard`, () => void world.uploads.delete(name)) }
      }
    },
    close: async () => undefined,
  }
}

async function begin(world: World, sink: string, call: Call, key: string, identity: string): Promise<ObjectUpload> {
  const name = await call(`${sink}.begin`, () => {
    const upload = world.nameUpload()
    world.uploads.set(upload, { sink, key, identity, parts: [] })
    return upload
  })
  let sent = 0
  let bytes = 0
  return {
    async write(part) {
      const text = Buffer.from(part).toString()
      const at = sent
      await call(`${sink}.write`, () => {
        const upload = world.uploads.get(name)
        if (upload === undefined) throw new StandpipeError(`${name} is gone`, { code: 'SINK_NOT_FOUND' })
        upload.parts[at] = text
      })
      sent += 1
      bytes += part.length
    },
    stage: () => call(`${sink}.stage`, () => ({ key, identity, bytes, upload: { name, parts: sent } })),
    abort: () => call(`${sink}.abort`, () => void world.uploads.delete(name)),
  }
}

/** Completes first; where the upload is gone, looks, aborts, and looks again (design.md, rule 3). */
async function publish(world: World, sink: string, call: Call, { key, identity, upload }: StagedObject): Promise<PublishOutcome> {
  const look = (): Promise<boolean> => call(`${sink}.look`, () => world.objects.get(key)?.identity === identity)
  const completed = await call(`${sink}.complete`, () => complete(world, uploadOf(upload)))
  if (completed || (await look())) return 'published'
  await call(`${sink}.abort`, () => void world.uploads.delete(uploadOf(upload)))
  return (await look()) ? 'published' : 'vanished'
}

/** Completes an upload unless it is gone or its key is taken. */
function complete(world: World, name: string): boolean {
  const upload = world.uploads.get(name)
  if (upload === undefined || world.objects.has(upload.key)) return false
  const { sink, key, identity, parts } = upload
  world.uploads.delete(name)
  world.objects.set(key, { sink, key, identity, ...contentOf(parts.join('')) })
  return true
}

function uploadOf(upload: unknown): string {
  return (upload as { readonly name: string }).name
}

function contentOf(text: string): Pick<WorldObject, 'lines' | 'chain'> {
  const lines = text.split('\n').filter((line) => line !== '')
  const chain = parseChain(lines.pop()?.slice(CHAIN_MARK.length) ?? '')
  if (chain === undefined) throw new TypeError('an object has no chain')
  return { lines, chain }
}

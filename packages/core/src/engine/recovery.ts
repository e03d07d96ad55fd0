import type { ObjectStore } from '../component/index.js'
import { StandpipeError } from '../model/index.js'
import type { EmitEvent } from './events.js'
import type { LedgerSession } from './ledger/session.js'
import { epochOfIdentity } from './object-names.js'
import { dropPublished, dropVanished } from './publisher.js'

/** A staged object that lies about in a store. */
export interface LooseObject {
  readonly identity: string
  readonly key: string
  readonly startedMs: number
  discard(): Promise<void>
}

/** What recovery works on. */
export interface RecoveryParts {
  /** Stores by the name of their sink. */
  readonly stores: ReadonlyMap<string, ObjectStore>
  readonly ledger: LedgerSession
  readonly fingerprint: string
  readonly emit: EmitEvent
  now(): number
  retry<T>(call: () => Promise<T>): Promise<T>
}

/** Lists what lies staged in a store. Done before the ledger is read: what is listed and not in the ledger is then nobody's. */
export async function listLooseObjects(store: ObjectStore): Promise<LooseObject[]> {
  const loose: LooseObject[] = []
  for await (const object of store.listStaged()) loose.push(object)
  return loose
}

/** Finishes what an earlier run staged: publishes each entry, drops it, and restores what a vanished one had moved. */
export async function recoverStaged(parts: RecoveryParts): Promise<void> {
  const { ledger, stores, emit, retry } = parts
  for (const entry of ledger.document.staged) {
    const sink = entry.sink.split(':')[0]
    const store = stores.get(sink)
    if (store === undefined) {
      throw new StandpipeError(
        `the ledger holds staged objects of sink \`${sink}\`, which the pipeline no longer has; finish them with \`standpipe run --stored FILE\``,
        { code: 'CONFIG_CHANGED' },
      )
    }
    const outcome = await retry(() => store.publish(entry.object))
    emit({ type: 'StagedObjectRecovered', sink, key: entry.object.key, outcome })
    if (outcome === 'published') await dropPublished(ledger, entry)
    else await dropVanished(ledger, entry, parts.now())
  }
}

/** Refuses to replay with a configuration that would place rows elsewhere than the one that published some of them. */
export function checkConfiguration({ ledger, fingerprint }: Pick<RecoveryParts, 'ledger' | 'fingerprint'>): void {
  if (ledger.document.fingerprint === fingerprint) return
  const shards = Object.entries(ledger.document.shards).filter(([, state]) => Object.keys(state.ahead).length > 0)
  if (shards.length > 0) {
    throw new StandpipeError(
      `the configuration changed while ${shards.length} shard(s) are published beyond their checkpoint; ` +
        'finish with the former one by `standpipe run --stored FILE`, then run this one',
      { code: 'CONFIG_CHANGED' },
    )
  }
}

/** Switches the ledger to this configuration, once nothing refused it: until then the former one can still finish. */
export async function adoptConfiguration({ ledger, fingerprint }: Pick<RecoveryParts, 'ledger' | 'fingerprint'>): Promise<void> {
  if (ledger.document.fingerprint !== fingerprint) await ledger.adoptConfiguration()
}

/** Removes what earlier incarnations of this pipeline staged and never committed. Others' uploads are not touched, nor younger ones of unknown origin. */
export async function discardLoose(parts: RecoveryParts, loose: readonly LooseObject[]): Promise<void> {
  const { ledger, retry } = parts
  const { id, epoch, staged } = ledger.document
  const referenced = new Set(staged.map((entry) => entry.id))
  for (const object of loose) {
    const from = epochOfIdentity(object.identity, id)
    if (from === undefined || from >= epoch || referenced.has(object.identity)) continue
    await retry(() => object.discard())
  }
}

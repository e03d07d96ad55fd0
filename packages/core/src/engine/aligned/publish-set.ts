import type { ObjectStore, StagedEntry } from '../../component/index.js'
import { StandpipeError } from '../../model/index.js'
import { ConcurrencyLimit } from '../concurrency.js'
import type { LedgerSession } from '../ledger/session.js'

const CONCURRENT_OBJECTS = 8
const DAY_MS = 86_400_000

/** Where the objects of a set are. */
export interface SetParts {
  store(sink: string): ObjectStore
  now(): number
  retry<T>(call: () => Promise<T>): Promise<T>
  /** Told of each object that is published. */
  published(entry: StagedEntry): void
}

/**
 * Publishes a committed set as a whole. None is published before all are seen to exist, so that a set of which
 * something is gone can be given up as a whole: `gone` says that none of it is out. Throws COMMIT_LOST where some
 * are out and others gone, or where one is gone that nobody but a person can have removed yet.
 */
export async function publishSet(set: readonly StagedEntry[], parts: SetParts): Promise<'published' | 'gone'> {
  const places = await overAll(set, async ({ sink, object }) => {
    const store = parts.store(sink)
    return store.look === undefined ? 'staged' : parts.retry(async () => store.look?.(object) ?? 'staged')
  })
  if (places.includes('gone')) return giveUp(set, set.map((_, i) => places[i] === 'gone'), places.includes('published'), parts)
  const outcomes = await overAll(set, async (entry) => {
    const outcome = await parts.retry(() => parts.store(entry.sink).publish(entry.object))
    if (outcome === 'published') parts.published(entry)
    return outcome
  })
  if (!outcomes.includes('vanished')) return 'published'
  return giveUp(set, outcomes.map((outcome) => outcome === 'vanished'), outcomes.includes('published'), parts)
}

/** Removes the set from the ledger once all of it is published, counts it there, and gives up what was kept to go back to. */
export async function dropPublishedSet(ledger: LedgerSession): Promise<void> {
  await ledger.commit((draft) => {
    const { staged, aligned } = draft.document
    for (const entry of staged) if (draft.drop(entry.id)) draft.countPublished(entry)
    draft.setAligned({ sets: (aligned?.sets ?? 0) + 1, state: aligned?.state })
  })
}

/** Makes certain that nothing of a set that is partly gone is out, or ever will be. */
export async function discardSet(set: readonly StagedEntry[], parts: SetParts): Promise<void> {
  await overAll(set, ({ sink, object }) => parts.retry(() => parts.store(sink).discard(object)))
  // Another process may have published one in the meantime; now that nothing is staged, this look is final.
  const outcomes = await overAll(set, ({ sink, object }) => parts.retry(() => parts.store(sink).publish(object)))
  if (outcomes.includes('published')) throw commitLost(set.filter((_, i) => outcomes[i] !== 'published'))
}

function giveUp(set: readonly StagedEntry[], isGone: readonly boolean[], someAreOut: boolean, { now }: SetParts): 'gone' {
  const gone = set.filter((_, i) => isGone[i])
  if (someAreOut || gone.some(({ stagedMs }) => now() - stagedMs < DAY_MS)) throw commitLost(gone)
  return 'gone'
}

function commitLost(gone: readonly StagedEntry[]): StandpipeError {
  const keys = gone.map(({ sink, object }) => `${object.key} (${sink})`).join(', ')
  return new StandpipeError(`staged objects are gone that belong together with others, or are younger than a day: ${keys}`, { code: 'COMMIT_LOST' })
}

function overAll<T>(set: readonly StagedEntry[], call: (entry: StagedEntry) => Promise<T>): Promise<T[]> {
  const limit = new ConcurrencyLimit(CONCURRENT_OBJECTS)
  return Promise.all(set.map((entry) => limit.run(() => call(entry))))
}

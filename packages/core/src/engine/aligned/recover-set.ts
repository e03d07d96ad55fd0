import { StandpipeError } from '../../model/index.js'
import type { RecoveryParts } from '../recovery.js'
import { discardSet, dropPublishedSet, publishSet, type SetParts } from './publish-set.js'

/**
 * Finishes the set that an earlier run committed: publishes and drops it; or, where none of it is out and some of
 * it is gone, goes back to the state and positions before it, so that its records are read again.
 */
export async function recoverSet(parts: RecoveryParts): Promise<void> {
  const { ledger, stores, emit } = parts
  const { aligned, staged } = ledger.document
  const set: SetParts = {
    store(sink) {
      const store = stores.get(sink.split(':')[0])
      if (store !== undefined) return store
      throw new StandpipeError(`the ledger holds staged objects of sink \`${sink}\`, which the pipeline no longer has; finish them with \`standpipe run --stored FILE\``, {
        code: 'CONFIG_CHANGED',
      })
    },
    now: parts.now,
    retry: parts.retry,
    published: ({ sink, object }) => emit({ type: 'StagedObjectRecovered', sink: sink.split(':')[0], key: object.key, outcome: 'published' }),
  }
  if ((await publishSet(staged, set)) === 'published') return dropPublishedSet(ledger)
  await discardSet(staged, set)
  await ledger.commit((draft) => {
    for (const { id } of staged) draft.drop(id)
    draft.setAligned({ sets: aligned?.sets, state: aligned?.previous?.state })
    draft.rewindTo(Object.fromEntries(Object.entries(aligned?.previous?.shards ?? {}).map(([shard, state]) => [shard, { ...state, ahead: {} }])))
  })
  for (const { sink, object } of staged) emit({ type: 'StagedObjectRecovered', sink: sink.split(':')[0], key: object.key, outcome: 'vanished' })
}

import { StandpipeError } from '../../model/index.js'
import type { RecoveryParts } from '../recovery.js'
import { discardSet, publishSet, type SetParts } from './publish-set.js'

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
      throw new StandpipeError(`the ledger holds staged objects of sink \`${sink}\`, which the pipeline no longer has; run once with the former configuration to finish them`, {
        code: 'CONFIG_CHANGED',
      })
    },
    now: parts.now,
    retry: parts.retry,
    published: ({ sink, object }) => emit({ type: 'StagedObjectRecovered', sink: sink.split(':')[0], key: object.key, outcome: 'published' }),
  }
  const outcome = await publishSet(staged, set)
  if (outcome === 'gone') await discardSet(staged, set)
  await ledger.commit((draft) => {
    draft.staged = []
    if (outcome === 'published') draft.aligned = { state: aligned?.state }
    else {
      draft.aligned = { state: aligned?.previous?.state }
      draft.shards = Object.fromEntries(Object.entries(aligned?.previous?.shards ?? {}).map(([shard, state]) => [shard, { ...state, ahead: {} }]))
    }
  })
  if (outcome === 'gone') {
    for (const { sink, object } of staged) emit({ type: 'StagedObjectRecovered', sink: sink.split(':')[0], key: object.key, outcome: 'vanished' })
  }
}

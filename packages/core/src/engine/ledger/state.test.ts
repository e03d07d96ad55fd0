import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LedgerDocument } from '../../component/index.js'
import { LedgerState } from './state.js'

const EMPTY: LedgerDocument = { format: 2, pipeline: 'p', id: 'id', epoch: 1, seq: 0, writeId: '', fingerprint: '', configuration: '', shards: {}, staged: [], ends: {}, totals: {} }
const range = { first: '1', last: '1', records: 2, rows: 3 }

test('a document and the changes after it give the document of now', () => {
  const shard = fc.constantFrom('a', 'b', '7')
  const lane = fc.constantFrom('lake|x', 'lake|y')
  const step = fc.oneof(
    fc.record({ do: fc.constant('ahead' as const), shard, lane, position: fc.option(fc.nat(9).map(String), { nil: undefined }) }),
    fc.record({ do: fc.constant('checkpoint' as const), shard, position: fc.nat(9).map(String) }),
    fc.record({ do: fc.constant('end' as const), shard }),
    fc.record({ do: fc.constant('stage' as const), id: fc.constantFrom('1', '2') }),
    fc.record({ do: fc.constant('drop' as const), id: fc.constantFrom('1', '2') }),
    fc.record({ do: fc.constant('count' as const), shard, partition: fc.constantFrom('x', 'y') }),
    fc.record({ do: fc.constant('aligned' as const), sets: fc.option(fc.nat(3), { nil: undefined }) }),
    fc.record({ do: fc.constant('save' as const) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const state = new LedgerState(EMPTY)
      const stored = new LedgerState(structuredClone(EMPTY))
      const used = new Set<string>()
      let seq = 0
      const save = (): void => {
        state.name({ epoch: 1, seq: ++seq, writeId: String(seq) })
        const change = state.takeChange()
        if (change !== undefined) stored.apply(JSON.parse(JSON.stringify(change)) as typeof change)
      }
      for (const step of steps) {
        const object = { key: 'k', identity: 'i', bytes: 1, upload: null }
        if (step.do === 'ahead') state.setAhead(step.shard, step.lane, step.position)
        else if (step.do === 'checkpoint') state.moveCheckpoint(step.shard, step.position, 5, (a, b) => Number(a) - Number(b))
        else if (step.do === 'end') state.endShard(step.shard)
        else if (step.do === 'stage' && used.size < used.add(step.id).size) state.stage([{ id: step.id, sink: 'lake', partition: 'x', object, rows: 1, ranges: {}, stagedMs: 1 }])
        else if (step.do === 'drop') state.drop(step.id)
        else if (step.do === 'count') state.countPublished({ sink: 'lake', partition: step.partition, rows: 3, ranges: { [step.shard]: range } })
        else if (step.do === 'aligned') state.setAligned(step.sets === undefined ? undefined : { sets: step.sets })
        else if (step.do === 'save') save()
      }
      save()
      expect(JSON.parse(JSON.stringify(stored.snapshot()))).toEqual(JSON.parse(JSON.stringify(state.snapshot())))
    }),
  )
})

test('tells nothing by parts where the configuration or all shards are others', () => {
  const state = new LedgerState(EMPTY)
  state.adopt({ fingerprint: 'g', configuration: 'new' })
  expect(state.takeChange()).toBeUndefined()
  state.endShard('a')
  expect(state.takeChange()).toMatchObject({ shards: { a: { ended: true } } })
  state.rewindTo({ b: { checkpoint: '1', ahead: {} } })
  expect(state.takeChange()).toBeUndefined()
  expect(state.snapshot()).toMatchObject({ fingerprint: 'g', shards: { b: { checkpoint: '1' } } })
})

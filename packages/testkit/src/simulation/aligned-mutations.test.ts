import { StandpipeError, type AlignedState, type LedgerDocument, type ShardId } from '@standpipe/core'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { findFailure } from './explore.js'
import type { Fault } from './faults.js'
import { publishBeforeCommit, withLedger, withStore } from './mutation.testing.js'
import type { AlignedScenario } from './aligned-scenario.js'
import { ALIGNED_SCENARIOS } from './scenarios.testing.js'
import type { Mutation } from './simulate.js'

// Seconds on an idle machine; much more where other work takes its cores.
vi.setConfig({ testTimeout: 180_000 })

let stateDirectory: string
beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'standpipe-aligned-mutations-'))
})
afterAll(() => rm(stateDirectory, { recursive: true }))
afterEach(() => {
  vi.restoreAllMocks()
  isTakenBack.always = false
})

/** The part of the engine in which a set is published or given up. */
interface PublishSetModule {
  publishSet(set: unknown, parts: unknown): Promise<'published' | 'gone'>
  discardSet(set: unknown, parts: unknown): Promise<void>
}

/** While `always` is set, a set of which something is gone is taken back, whatever of it is out. */
const isTakenBack = vi.hoisted(() => ({ always: false }))
vi.mock('../../../core/src/engine/aligned/publish-set.js', async (importOriginal) => {
  const original = await importOriginal<PublishSetModule>()
  const unlessTakenBack = async <T>(work: Promise<T>, instead: T): Promise<T> =>
    work.catch((error: unknown) => {
      if (isTakenBack.always && error instanceof StandpipeError && error.code === 'COMMIT_LOST') return instead
      throw error
    })
  return {
    ...original,
    publishSet: (set, parts) => unlessTakenBack(original.publishSet(set, parts), 'gone'),
    discardSet: (set, parts) => unlessTakenBack(original.discardSet(set, parts), undefined),
  } satisfies PublishSetModule
})

const [[, AGGREGATE], [, DEDUPE]] = Object.entries(ALIGNED_SCENARIOS)
/** Batches and sets follow one another faster than a call is made again. */
const HURRIED: AlignedScenario = { ...DEDUPE, paceMs: 30, rollAgeMs: 60 }
const VANISH: readonly Fault[] = ['crash vanish', 'vanish']

/** A rule of aligned commits (design.md, "Aligned commits") that is taken out. */
interface MissingRule {
  readonly mutation?: Mutation
  /** For rules that no store can take out. */
  readonly spy?: () => Promise<void>
  /** Faults of which one must bring it to light. */
  readonly faults: readonly Fault[]
  readonly finds: RegExp
  readonly scenario?: AlignedScenario
}

/** Writes another document than the engine means to. */
const withSave = (change: (document: LedgerDocument) => LedgerDocument): Mutation =>
  withLedger((ledger) => ({ save: (document, expected) => ledger.save(change(document), expected) }))

const withAligned = (change: (aligned: AlignedState) => AlignedState): Mutation =>
  withSave((document) => (document.aligned === undefined ? document : { ...document, aligned: change(document.aligned) }))

interface Internals {
  readonly AlignedCommits: { readonly prototype: { takeSet(reason: string): Promise<void>; checkpointed(shard: ShardId, position: string): void } }
  readonly AlignedProgress: { readonly prototype: { takeMoved(): unknown; readonly hasMoved: boolean; capture(): { shards: unknown; settled: unknown } } }
  readonly Progress: { readonly prototype: { takeMoved(): unknown; readonly hasMoved: boolean } }
  readonly InFlight: { readonly prototype: { stop(): Promise<void> } }
}

async function internals(): Promise<Internals> {
  const [commits, progress, settling, inFlight] = await Promise.all(
    ['aligned/aligned-commits.js', 'aligned/aligned-progress.js', 'progress.js', 'aligned/in-flight.js'].map((file) => vi.importActual(`../../../core/src/engine/${file}`)),
  )
  return { ...commits, ...progress, ...settling, ...inFlight } as unknown as Internals
}

const RULES: Readonly<Record<string, MissingRule>> = {
  'the state is committed with the positions': {
    mutation: withAligned(({ sets, previous }) => ({ sets, previous })),
    faults: ['crash after'],
    finds: /lost/,
  },
  'the watermark and the closed windows are part of the state': {
    mutation: withAligned(({ state, ...aligned }) => ({ ...aligned, ...(state !== undefined && 'inline' in state ? { state: { inline: withoutWatermark(state.inline) } } : {}) })),
    faults: ['crash after'],
    finds: /published twice/,
    scenario: { ...AGGREGATE, inlineState: true },
  },
  'the state is durable before the document names it': {
    mutation: withLedger((ledger) => {
      let waiting: (() => Promise<void> | undefined) | undefined
      return {
        blobs: ledger.blobs && { ...ledger.blobs, save: async (name, bytes) => void (waiting = () => ledger.blobs?.save(name, bytes)) },
        async save(document, expected) {
          const saved = await ledger.save(document, expected)
          await waiting?.()
          waiting = undefined
          return saved
        },
      }
    }),
    faults: ['crash after'],
    finds: /missing/,
  },
  'the positions move with the set, not before it': {
    async spy() {
      const { AlignedProgress, Progress } = await internals()
      const hasMoved = Object.getOwnPropertyDescriptor(Progress.prototype, 'hasMoved')
      vi.spyOn(AlignedProgress.prototype, 'takeMoved').mockImplementation(Progress.prototype.takeMoved)
      vi.spyOn(AlignedProgress.prototype, 'capture').mockImplementation(function (this: { folded: unknown[] }) {
        return { shards: [], settled: this.folded.splice(0) }
      })
      vi.spyOn(AlignedProgress.prototype, 'hasMoved', 'get').mockImplementation(function (this: unknown) {
        return hasMoved?.get?.call(this) as boolean
      })
    },
    faults: ['crash after'],
    finds: /lost/,
  },
  'what is in flight is drained first': {
    async spy() {
      const { InFlight } = await internals()
      vi.spyOn(InFlight.prototype, 'stop').mockImplementation(async () => undefined)
    },
    faults: ['error before'],
    finds: /neither emitted nor settled|lost/,
    scenario: { ...HURRIED, rollAgeMs: 150 },
  },
  'one set at a time': {
    async spy() {
      const { AlignedCommits } = await internals()
      const { takeSet } = AlignedCommits.prototype
      vi.spyOn(AlignedCommits.prototype, 'takeSet').mockImplementation(function (this: { lastCommit: Promise<void> }, reason) {
        this.lastCommit = Promise.resolve()
        return takeSet.call(this as never, reason)
      })
    },
    faults: ['error before', 'late 5', 'crash after', 'vanish', 'crash vanish'],
    finds: /lost|too often|in the ledger|published twice|COMMIT_LOST|missing/,
    scenario: HURRIED,
  },
  'none is published before all are seen to be there': {
    mutation: withStore(() => ({ look: undefined })),
    faults: ['crash vanish'],
    finds: /nothing of the set was out/,
  },
  'a set of which something is gone is taken back': {
    mutation: withSave((document) => {
      const { shards, aligned } = document
      return aligned?.previous === undefined ? document : { ...document, aligned: { ...aligned, previous: { state: aligned.state, shards } } }
    }),
    faults: VANISH,
    finds: /lost/,
  },
  'what is left of a set that is taken back is removed, so that nobody can publish it': {
    mutation: withStore(() => ({ discard: async () => undefined })),
    faults: ['crash vanish'],
    finds: /nothing of the set was out/,
  },
  'the former positions are kept until the set is dropped': {
    mutation: withAligned(({ previous, ...aligned }) => ({ ...aligned, ...(previous === undefined ? {} : { previous: { ...previous, shards: {} } }) })),
    faults: VANISH,
    finds: /too often|asked for record/,
  },
  'the former state is kept until the set is dropped': {
    mutation: withAligned(({ previous, state, ...aligned }) => ({ ...aligned, state, ...(previous === undefined ? {} : { previous: { ...previous, state } }) })),
    faults: VANISH,
    finds: /lost|too often|published twice|in the window/,
  },
  'the blob of the former state is kept until the set is dropped': {
    mutation: withLedger((ledger) => ({
      async save(document, expected) {
        const saved = await ledger.save(document, expected)
        const former = document.aligned?.previous?.state
        if (former !== undefined && 'name' in former) await ledger.blobs?.remove(former.name)
        return saved
      },
    })),
    faults: VANISH,
    finds: /missing/,
  },
  'the source keeps what it gave until the set is dropped': {
    async spy() {
      const { AlignedCommits } = await internals()
      vi.spyOn(AlignedCommits.prototype, 'checkpointed').mockImplementation(function (this: { parts: { checkpointed(shard: ShardId, position: string): void } }, shard, position) {
        this.parts.checkpointed(shard, position)
      })
    },
    faults: VANISH,
    finds: /asked for record/,
  },
  'a set of which something is gone and something out stops the pipeline': {
    spy: async () => void (isTakenBack.always = true),
    faults: VANISH,
    finds: /too often|published twice/,
  },
  'an object that is gone is not taken for a published one': {
    mutation: withStore((store) => ({
      look: async (staged) => ((await store.look?.(staged)) === 'staged' ? 'staged' : 'published'),
      publish: async (staged) => {
        await store.publish(staged)
        return 'published'
      },
    })),
    faults: VANISH,
    finds: /lost/,
  },
  'the set is committed before it is published': {
    mutation: publishBeforeCommit,
    faults: ['crash after'],
    finds: /too often|published twice|in the ledger/,
  },
  'the set is published before it is dropped': {
    mutation: withSave((document) => ({ ...document, staged: [] })),
    faults: ['crash after'],
    finds: /lost/,
  },
}

test.each(Object.entries(RULES))('the simulation fails without the rule: %s', async (rule, { scenario = AGGREGATE, mutation, spy, faults, finds }) => {
  await spy?.()
  const failure = await findFailure(rule, scenario, { stateDirectory, ...(mutation === undefined ? {} : { mutation }) }, faults, finds)
  expect(failure).toMatch(finds)
})

/** The state of an operator as if no event time had ever been seen. */
function withoutWatermark(inline: string): string {
  const [head, state] = Buffer.from(inline, 'base64').toString().split('\n')
  const changed = JSON.stringify({ ...(JSON.parse(state) as object), watermark: { passedUs: null, shards: [] } })
  const { states, ...more } = JSON.parse(head) as { states: [string, number][] }
  return Buffer.from(`${JSON.stringify({ ...more, states: [[states[0][0], changed.length]] })}\n${changed}`).toString('base64')
}

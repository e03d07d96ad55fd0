import { Batch, Hold, StandpipeError, type LedgerDocument, type Operator } from '@standpipe/core'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { map } from 'rxjs'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { findFailure } from './explore.js'
import { PROMPT_FAULTS, type Fault } from './faults.js'
import { publishBeforeCommit, withLedger, withStore } from './mutation.testing.js'
import type { Configuration, Scenario } from './scenario.js'
import { SCENARIOS } from './scenarios.testing.js'
import { simulate, type Mutation } from './simulate.js'
import { createRecords } from './words.js'

// Seconds on an idle machine; much more where other work takes its cores.
vi.setConfig({ testTimeout: 180_000 })

let stateDirectory: string
beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'standpipe-mutations-'))
})
afterAll(() => rm(stateDirectory, { recursive: true }))
afterEach(() => void vi.restoreAllMocks())

const CRASHES: readonly Fault[] = ['crash before', 'crash after']
const SCENARIO = SCENARIOS['one shard, rolled by size']
/** Objects of one partition follow one another closely. */
const ONE_PARTITION: Scenario = { ...SCENARIO, shards: { a: createRecords('a', 16, 1) }, batchRecords: 2 }

/** A rule of the protocol (design.md, "A file is the unit of commit") that is taken out. */
interface MissingRule {
  readonly mutation: Mutation
  /** Faults of which one must bring it to light. */
  readonly faults: readonly Fault[]
  readonly finds: RegExp
  readonly scenario?: Scenario
  readonly vanishAfterMs?: number
  readonly configurationOf?: (process: number) => Configuration
}

/** An operator before all others that gives each batch another hold of its position. */
const withProgress = (change: (progress: Hold) => Hold): Mutation => ({
  plan: (plan) => {
    const operator: Operator = {
      schema: plan.schema,
      traits: { deterministic: true, stateful: false },
      run: () => map((batch) => new Batch({ ...batch, progress: change(batch.progress) })),
    }
    return { ...plan, operators: [{ component: 'mutation', operator }, ...plan.operators] }
  },
})

const withoutAhead = (document: LedgerDocument | undefined): LedgerDocument | undefined =>
  document === undefined
    ? undefined
    : { ...document, shards: Object.fromEntries(Object.entries(document.shards).map(([shard, state]) => [shard, { ...state, ahead: {} }])) }

/** Held until the first release only: while a batch is in flight, not while its rows are open or staged. */
class FirstHold extends Hold {
  private given = false

  constructor(private readonly real: Hold) {
    super(() => undefined)
  }

  override retain(): void {
    // Whoever keeps the batch is not counted.
  }

  override release(): void {
    if (!this.given) this.real.release()
    this.given = true
  }
}

const RULES: Readonly<Record<string, MissingRule>> = {
  '`ahead` is honoured when records are read again': {
    mutation: withLedger((ledger) => ({ load: async () => withoutAhead(await ledger.load()) })),
    faults: CRASHES,
    finds: /too often/,
  },
  'the commit comes before the publication': {
    mutation: publishBeforeCommit,
    faults: CRASHES,
    finds: /too often|in the ledger/,
  },
  'the publication comes before the entry is dropped': {
    mutation: withLedger((ledger) => ({ save: (document, expected) => ledger.save({ ...document, staged: [] }, expected) })),
    faults: CRASHES,
    finds: /lost/,
  },
  'positions in flight are held': {
    mutation: withProgress((progress) => {
      progress.release()
      return new Hold(() => undefined)
    }),
    faults: CRASHES,
    finds: /lost/,
  },
  'positions in open and staged objects are held': {
    mutation: withProgress((progress) => new FirstHold(progress)),
    faults: CRASHES,
    finds: /lost/,
  },
  'keys are unique to an attempt': {
    mutation: withStore((store) => ({
      begin: (key, properties) => {
        const ofPosition = key.replace(`-${properties.identity}`, '')
        return store.begin(ofPosition, { ...properties, identity: ofPosition })
      },
    })),
    scenario: SCENARIOS['two shards and two sinks'],
    faults: CRASHES,
    finds: /lost/,
  },
  'a write in doubt is not taken for one that took effect': {
    mutation: withLedger((ledger) => ({
      save: (document, expected) =>
        ledger.save(document, expected).catch((error: unknown) => {
          if (error instanceof StandpipeError && error.retryable) return true
          throw error
        }),
    })),
    faults: ['error before', 'late 5'],
    finds: /lost|too often|failed/,
  },
  'a refused repeat looks whose write it was': {
    mutation: withLedger((ledger) => ({
      load: async () => {
        const document = await ledger.load()
        return document === undefined ? undefined : { ...document, writeId: 'unknown' }
      },
    })),
    faults: ['error after'],
    finds: /taken over/,
  },
  'a write expects the epoch': {
    mutation: withLedger((ledger) => ({
      save: async (document, expected) => {
        const found = await ledger.load()
        return found?.seq === expected?.seq && ledger.save(document, found)
      },
    })),
    // Both processes have to come to the same seq at the same moment: where objects follow closely they do.
    scenario: ONE_PARTITION,
    faults: ['takeover'],
    finds: /lost|too often|failed/,
  },
  'a write expects epoch and seq': {
    mutation: withLedger((ledger) => ({ save: async (document) => ledger.save(document, await ledger.load()) })),
    faults: ['takeover'],
    finds: /lost|too often|failed/,
  },
  'nothing is removed that the ledger counts on': {
    mutation: withStore((store) => ({
      async *listStaged() {
        for await (const object of store.listStaged()) {
          await object.discard()
          yield object
        }
      },
    })),
    faults: CRASHES,
    finds: /younger than a day/,
  },
  'a vanished object is not taken for a published one': {
    mutation: withStore((store) => ({
      publish: async (staged) => {
        await store.publish(staged)
        return 'published'
      },
    })),
    faults: ['vanish', 'crash vanish'],
    finds: /lost/,
  },
  'another configuration waits until nothing is published ahead': {
    mutation: {
      ...withLedger((ledger) => ({
        load: async () => {
          const document = await ledger.load()
          return document === undefined ? undefined : { ...document, fingerprint: 'any' }
        },
      })),
      plan: (plan) => ({ ...plan, fingerprint: 'any' }),
    },
    faults: CRASHES,
    configurationOf: (process) => (process === 1 ? 'same' : 'turned'),
    finds: /lost|too often/,
  },
}

test.each(Object.entries(RULES))('the simulation fails without the rule: %s', async (rule, { scenario = SCENARIO, faults, finds, ...options }) => {
  const failure = await findFailure(rule, scenario, { ...options, stateDirectory }, faults, finds)
  expect(failure).toMatch(finds)
})

test('the scenarios of the missing rules pass with all rules', async () => {
  for (const scenario of [SCENARIO, ONE_PARTITION]) {
    expect((await simulate(scenario, { faults: new Map(), seed: 1, stateDirectory })).violations).toEqual([])
    expect(await findFailure('all rules', scenario, { stateDirectory, seed: 1 }, ['crash after'], /./, 1)).toBeUndefined()
  }
})

/** The publisher, in which two rules lie that no store can take out. */
interface PublisherModule {
  readonly Publisher: { readonly prototype: { finish(object: unknown): void; commitAndPublish(object: { releaseHolds(): void }, staged: unknown, delivery: unknown): Promise<void> } }
}

const publisherModule = (): Promise<PublisherModule> => vi.importActual<PublisherModule>('../../../core/src/engine/publisher.js')

test('the simulation fails without the rule: one staged object of a partition at a time', async () => {
  const { Publisher } = await publisherModule()
  const { finish } = Publisher.prototype
  vi.spyOn(Publisher.prototype, 'finish').mockImplementation(function (this: { lastOfPartition: Map<string, unknown> }, object) {
    this.lastOfPartition.clear()
    finish.call(this as never, object)
  })
  const failure = await findFailure('one at a time', ONE_PARTITION, { stateDirectory, latencyTurns: 25 }, CRASHES, /lost|too often/)
  expect(failure).toMatch(/lost|too often/)
})

test('the simulation fails without the rule: positions in staged objects are held', async () => {
  const { Publisher } = await publisherModule()
  const { commitAndPublish } = Publisher.prototype
  vi.spyOn(Publisher.prototype, 'commitAndPublish').mockImplementation(function (this: never, object, staged, delivery) {
    object.releaseHolds()
    return commitAndPublish.call(this, object, staged, delivery)
  })
  const failure = await findFailure('staged positions', SCENARIO, { stateDirectory }, [...PROMPT_FAULTS, 'crash vanish'], /lost/)
  expect(failure).toMatch(/lost/)
})

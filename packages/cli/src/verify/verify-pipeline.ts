import {
  checkChains,
  checkObjectCount,
  readLedger,
  systemClock,
  type ChainReport,
  type Finding,
  type FoundObject,
  type LedgerDocument,
  type Logger,
  type Plan,
  type PlannedObjectSink,
} from '@standpipe/core'
import { readSink, type SinkContents } from './read-sink.js'

/** What was found where one sink puts its objects. */
export interface SinkReport {
  readonly sink: string
  readonly location: string
  readonly format: string
  readonly objects: number
  readonly bytes: number
  readonly rows: number
  /** Objects of other pipelines and sinks, and whatever else is there. */
  readonly others: number
  readonly foreign: number
}

/** What `verify` found of a pipeline. */
export interface PipelineReport {
  readonly pipeline: string
  /** Id of the ledger; null where the pipeline has none. */
  readonly ledger: string | null
  readonly sinks: readonly SinkReport[]
  readonly chains: readonly ChainReport[]
  readonly findings: readonly Finding[]
  readonly notes: readonly Finding[]
  readonly elapsedMs: number
}

/** What a check needs beside the plan. */
export interface VerifyOptions {
  readonly log: Logger
  readonly signal: AbortSignal
  /** Told of each object that was looked at. */
  seen(): void
}

/** Reads the footers of everything a pipeline published, and compares them with one another and with the ledger. Writes nothing. */
export async function verifyPipeline(plan: Plan, options: VerifyOptions): Promise<PipelineReport> {
  const startedMs = systemClock.monotonic()
  const before = await readLedger(plan)
  const planned = [...plan.sinks, plan.deadLetter].filter((sink) => sink.kind === 'object')
  const contents = new Map<PlannedObjectSink, SinkContents | undefined>()
  for (const sink of planned) contents.set(sink, await readPlace(plan, sink, before?.id, options))
  const after = await readLedger(plan)
  const sinks: SinkReport[] = []
  const chains: ChainReport[] = []
  const problems: Finding[] = []
  for (const [sink, found] of contents) {
    if (found === undefined) {
      problems.push(note(sink, 'unreadable', `\`${sink.component}\` cannot list its objects, so they are not checked`))
      continue
    }
    const { objects, bytes, chained, others, foreign } = found
    const rows = chained.reduce((sum, { chain }) => sum + chain.rows, 0)
    sinks.push({ sink: sink.name, location: sink.sink.location, format: sink.formatName, objects, bytes, rows, others, foreign: foreign.length })
    const checked = checkSink(plan, sink, found, before, after)
    chains.push(...checked.chains)
    problems.push(...checked.findings)
  }
  const of = (severity: Finding['severity']): Finding[] => problems.filter((problem) => problem.severity === severity)
  return { pipeline: plan.name, ledger: before?.id ?? null, sinks, chains, findings: of('finding'), notes: of('note'), elapsedMs: Math.round(systemClock.monotonic() - startedMs) }
}

async function readPlace(plan: Plan, planned: PlannedObjectSink, ledgerId: string | undefined, { log, signal, seen }: VerifyOptions): Promise<SinkContents | undefined> {
  const store = planned.sink.createStore({ pipeline: plan.name, clock: systemClock, log, signal })
  const retry = { policy: { ...planned.retry, giveUpAfterMs: planned.retry.timeoutMs }, clock: systemClock, signal, onRetry: () => undefined }
  try {
    return await readSink({ pipeline: plan.name, planned, store, ledgerId, retry, seen })
  } finally {
    await store.close()
  }
}

function checkSink(
  plan: Plan,
  sink: PlannedObjectSink,
  { chained, damaged, unchecked, foreign }: SinkContents,
  before: LedgerDocument | undefined,
  after: LedgerDocument | undefined,
): { readonly chains: readonly ChainReport[]; readonly findings: readonly Finding[] } {
  const { name, formatName } = sink
  const findings: Finding[] = damaged.map(({ key, why }) => ({ kind: 'damaged', severity: 'finding', sink: name, keys: [key], message: `${key} is not a whole Parquet file: ${why}` }))
  if (foreign.length > 0) findings.push({ ...note(sink, 'foreign', `${some(foreign)} not written by this pipeline, and not checked: ${example(foreign)}`), keys: foreign })
  const shared = { delivery: plan.delivery, comparePositions: (a: string, b: string) => plan.source.source.comparePositions(a, b) }
  const ledger = before === undefined || after === undefined ? undefined : { before, after }
  if (formatName !== 'parquet') {
    if (unchecked.length > 0) findings.push(note(sink, 'unreadable', `${formatName} has no footer, so only the number of objects is compared with the ledger`))
    if (ledger !== undefined) findings.push(...checkObjectCount(name, unchecked.length, ledger, plan.delivery))
    return { chains: [], findings }
  }
  const current = checkChains(ofLedger(chained, (id) => id === before?.id), [name], { ...shared, ...(ledger === undefined ? {} : { ledger }) })
  const chains = [...current.chains]
  if (chained.some(({ chain }) => chain.set !== undefined)) {
    findings.push(note(sink, 'sets', 'operators keep state, so each chain goes from set to set: that every set, object and row is there once is checked, but no footer tells which source records went into a row'))
  }
  findings.push(...current.findings)
  for (const id of new Set(chained.map(({ chain }) => chain.ledger))) {
    if (id === before?.id) continue
    const objects = ofLedger(chained, (other) => other === id)
    const former = checkChains(objects, [name], shared)
    chains.push(...former.chains)
    findings.push(...former.findings)
    const keys = objects.map(({ key }) => key)
    findings.push({ ...note(sink, 'former', `${some(keys)} written before the pipeline was reset; what was read again since is there twice: ${example(keys)}`), keys })
  }
  return { chains, findings }
}

function ofLedger(objects: readonly FoundObject[], wanted: (id: string) => boolean): FoundObject[] {
  return objects.filter(({ chain }) => wanted(chain.ledger))
}

function note(sink: PlannedObjectSink, kind: 'unreadable' | 'foreign' | 'former' | 'sets', message: string): Finding {
  return { kind, severity: 'note', sink: sink.name, keys: [], message }
}

function some(keys: readonly string[]): string {
  return keys.length === 1 ? '1 object was' : `${keys.length} objects were`
}

function example(keys: readonly string[]): string {
  return `${keys.slice(0, 3).join(', ')}${keys.length > 3 ? ', …' : ''}`
}

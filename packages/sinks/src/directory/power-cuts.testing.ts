import { createFileLedger, runPipeline, type PipelineRun } from '@standpipe/core'
import type { FileLayer } from '@standpipe/core/component'
import {
  compareLines,
  expectedLines,
  ForgetfulFiles,
  planScenario,
  TestClock,
  type Scenario,
  type ScenarioStores,
  type Survives,
  CHAIN_MARK,
} from '@standpipe/testkit'
import { DirectoryStore } from './directory-store.js'
import { STAGING_FOLDER } from './key-path.js'

/** What happens at a call to the file system: the power goes before or after its effect, or it fails without or with its effect. */
export type DiskFault = 'cut before' | 'cut after' | 'error before' | 'error after'

/** A run of a pipeline on a disk, and what happens to it. */
export interface DiskRun {
  readonly scenario: Scenario
  /** By number of the file system call. */
  readonly faults: ReadonlyMap<number, DiskFault>
  /** What the disk keeps, of that which was not synced, when the power goes. */
  readonly survives: Survives
  readonly stateDirectory: string
  /** Puts another layer over the disk: takes a rule out. */
  readonly mutate?: (files: FileLayer) => FileLayer
}

const LAKE = '/srv/lake'
const LEDGER = '/srv/state/pipeline/ledger'
const MAX_PROCESSES = 12

class PowerCut extends Error {}

/**
 * Runs the engine with the file ledger and the directory store over one forgetful disk, starts it again after
 * each power cut and failure, cuts the power once more at the end, and compares what is left with the input.
 */
export async function runOnDisk(run: DiskRun): Promise<{ readonly violations: readonly string[]; readonly calls: number }> {
  const disk = new ForgetfulFiles()
  await disk.makeDirectory('/srv')
  const counter = { calls: 0 }
  for (let processes = 0; ; processes++) {
    if (processes === MAX_PROCESSES) return { violations: [`not finished after ${MAX_PROCESSES} processes`], calls: counter.calls }
    if (await runProcess(run, disk, counter)) break
  }
  const { calls } = counter
  const calm: DiskRun = { ...run, faults: new Map() }
  disk.crash()
  const violations = findLines(run.scenario, disk)
  // What was told to be durable is: a process after the power cut finds nothing to do.
  if (!(await runProcess(calm, disk, counter))) violations.push('the process after the end failed')
  violations.push(...findLines(run.scenario, disk))
  return { violations, calls }
}

/** Resolves to whether the run went to its end. */
async function runProcess({ scenario, faults, survives, stateDirectory, mutate }: DiskRun, disk: ForgetfulFiles, counter: { calls: number }): Promise<boolean> {
  const stop = new AbortController()
  let isOff = false
  const layer = faultyLayer(disk, async (effect) => {
    if (isOff) throw new PowerCut()
    const fault = faults.get(counter.calls++)
    if (fault === 'cut before') return cut()
    if (fault === 'error before') throw timedOut()
    const result = await effect()
    if (fault === 'cut after') return cut()
    if (fault === 'error after') throw timedOut()
    return result
  })
  const cut = (): never => {
    isOff = true
    stop.abort(new PowerCut())
    throw new PowerCut()
  }
  const files = mutate?.(layer) ?? layer
  const stores: ScenarioStores = {
    ledger: () => createFileLedger(LEDGER, files),
    store: (sink) => new DirectoryStore({ path: `${LAKE}/${sink}`, files }),
    send: () => Promise.reject(new Error('no record sink here')),
    read: async () => undefined,
  }
  const clock = new TestClock()
  const pipeline = runPipeline(planScenario(scenario, stores, stateDirectory), { ledger: stores.ledger(), signal: stop.signal, clock })
  const finished = await passTime(clock, pipeline)
  isOff = true
  if (stop.signal.aborted) disk.crash(survives)
  return finished
}

/** Lets time pass, when nothing else happens, until the run has ended; gives whether it did well. */
async function passTime(clock: TestClock, pipeline: PipelineRun): Promise<boolean> {
  let outcome: boolean | undefined
  pipeline.done.then(
    () => (outcome = true),
    () => (outcome = false),
  )
  while (outcome === undefined) await clock.advance(clock.nextTimerMs ?? 0)
  return outcome
}

type Around = <T>(effect: () => Promise<T>) => Promise<T>

function faultyLayer(files: ForgetfulFiles, around: Around): FileLayer {
  const wrap = <A extends unknown[], R>(call: (...parameters: A) => Promise<R>) => (...parameters: A): Promise<R> => around(() => call.apply(files, parameters))
  return {
    makeDirectory: wrap(files.makeDirectory),
    writeAt: wrap(files.writeAt),
    syncFile: wrap(files.syncFile),
    syncDirectory: wrap(files.syncDirectory),
    link: wrap(files.link),
    unlink: wrap(files.unlink),
    stat: wrap(files.stat),
    readFile: wrap(files.readFile),
    list: wrap(files.list),
    realPath: wrap(files.realPath),
  }
}

function findLines(scenario: Scenario, disk: ForgetfulFiles): string[] {
  const { rows, deadLetters } = expectedLines(scenario)
  const linesOf = (sink: string): string[] =>
    disk
      .paths(`${LAKE}/${sink}`)
      .filter((path) => !path.includes(`/${STAGING_FOLDER}/`))
      .flatMap((path) => Buffer.from(disk.read(path) ?? []).toString().split('\n'))
      .filter((line) => line !== '' && !line.startsWith(CHAIN_MARK))
  return [...scenario.sinks.flatMap((sink) => compareLines(sink, rows, linesOf(sink), true)), ...compareLines('deadLetter', deadLetters, linesOf('deadLetter'), true)]
}

function timedOut(): Error {
  return Object.assign(new Error('ETIMEDOUT'), { code: 'ETIMEDOUT' })
}

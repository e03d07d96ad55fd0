import { createFileLedger, runPipeline, type PipelineRun } from '@standpipe/core'
import type { FileLayer } from '@standpipe/core/component'
import { CHAIN_MARK, compareLines, expectedLines, planScenario, TestClock, type ForgetfulFiles, type Scenario, type ScenarioStores } from '@standpipe/testkit'
import { DirectoryStore } from './directory-store.js'
import { STAGING_FOLDER } from './key-path.js'

const LAKE = '/srv/lake'
const LEDGER = '/srv/state/pipeline/ledger'

/** What happens around a call to the file system: `effect` makes it. */
export type AroundCall = <T>(effect: () => Promise<T>, call: keyof FileLayer, parameters: readonly unknown[]) => Promise<T>

/** A layer whose every call goes through `around`. */
export function layerAround(files: ForgetfulFiles, around: AroundCall): FileLayer {
  const wrap =
    <A extends unknown[], R>(name: keyof FileLayer, call: (...parameters: A) => Promise<R>) =>
    (...parameters: A): Promise<R> =>
      around(() => call.apply(files, parameters), name, parameters)
  return {
    makeDirectory: wrap('makeDirectory', files.makeDirectory),
    writeAt: wrap('writeAt', files.writeAt),
    syncFile: wrap('syncFile', files.syncFile),
    syncDirectory: wrap('syncDirectory', files.syncDirectory),
    link: wrap('link', files.link),
    unlink: wrap('unlink', files.unlink),
    stat: wrap('stat', files.stat),
    readFile: wrap('readFile', files.readFile),
    list: wrap('list', files.list),
    realPath: wrap('realPath', files.realPath),
  }
}

/** Starts the engine with the file ledger and directory stores over one file system. */
export function runOver(files: FileLayer, scenario: Scenario, parts: { readonly stateDirectory: string; readonly signal: AbortSignal; readonly clock: TestClock }): PipelineRun {
  const stores: ScenarioStores = {
    ledger: () => createFileLedger(LEDGER, files),
    store: (sink) => new DirectoryStore({ path: `${LAKE}/${sink}`, files }),
    send: () => Promise.reject(new Error('no record sink here')),
    read: async () => undefined,
  }
  return runPipeline(planScenario(scenario, stores, parts.stateDirectory), { ledger: stores.ledger(), signal: parts.signal, clock: parts.clock })
}

/** How a run ended: not at all within `limitMs` of its own time, well, or with an error. */
export type Outcome = { readonly kind: 'waits' } | { readonly kind: 'ended' } | { readonly kind: 'failed'; readonly error: unknown }

/** Lets time pass, when nothing else happens, until the run has ended or the limit is reached. */
export async function passTime(clock: TestClock, run: PipelineRun, limitMs = Infinity): Promise<Outcome> {
  let outcome: Outcome | undefined
  run.done.then(
    () => (outcome = { kind: 'ended' }),
    (error: unknown) => (outcome = { kind: 'failed', error }),
  )
  const started = clock.monotonic()
  while (outcome === undefined) {
    if (clock.monotonic() - started > limitMs) return { kind: 'waits' }
    await clock.advance(clock.nextTimerMs ?? 0)
  }
  return outcome
}

/** What is wrong with the published lines of a disk; empty where each is there once. */
export function findWrongLines(scenario: Scenario, disk: ForgetfulFiles): string[] {
  const { rows, deadLetters } = expectedLines(scenario)
  const linesOf = (sink: string): string[] =>
    disk
      .paths(`${LAKE}/${sink}`)
      .filter((path) => !path.includes(`/${STAGING_FOLDER}/`))
      .flatMap((path) => Buffer.from(disk.read(path) ?? []).toString().split('\n'))
      .filter((line) => line !== '' && !line.startsWith(CHAIN_MARK))
  return [...scenario.sinks.flatMap((sink) => compareLines(sink, rows, linesOf(sink), true)), ...compareLines('deadLetter', deadLetters, linesOf('deadLetter'), true)]
}

/** A file-system error as Node gives it. */
export function fileError(code: string): Error {
  return Object.assign(new Error(code), { code })
}

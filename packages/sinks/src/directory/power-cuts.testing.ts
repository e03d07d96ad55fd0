import type { FileLayer } from '@standpipe/core/component'
import { ForgetfulFiles, TestClock, type Scenario, type Survives } from '@standpipe/testkit'
import { fileError, findWrongLines, layerAround, passTime, runOver } from './simulated-disk.testing.js'

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
  const violations = findWrongLines(run.scenario, disk)
  // What was told to be durable is: a process after the power cut finds nothing to do.
  if (!(await runProcess(calm, disk, counter))) violations.push('the process after the end failed')
  violations.push(...findWrongLines(run.scenario, disk))
  return { violations, calls }
}

/** Resolves to whether the run went to its end. */
async function runProcess({ scenario, faults, survives, stateDirectory, mutate }: DiskRun, disk: ForgetfulFiles, counter: { calls: number }): Promise<boolean> {
  const stop = new AbortController()
  let isOff = false
  const layer = layerAround(disk, async (effect) => {
    if (isOff) throw new PowerCut()
    const fault = faults.get(counter.calls++)
    if (fault === 'cut before') return cut()
    if (fault === 'error before') throw fileError('ETIMEDOUT')
    const result = await effect()
    if (fault === 'cut after') return cut()
    if (fault === 'error after') throw fileError('ETIMEDOUT')
    return result
  })
  const cut = (): never => {
    isOff = true
    stop.abort(new PowerCut())
    throw new PowerCut()
  }
  const files = mutate?.(layer) ?? layer
  const clock = new TestClock()
  const { kind } = await passTime(clock, runOver(files, scenario, { stateDirectory, signal: stop.signal, clock }))
  isOff = true
  if (stop.signal.aborted) disk.crash(survives)
  return kind === 'ended'
}

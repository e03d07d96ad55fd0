import type { StandpipeError } from '@standpipe/core'
import { alignedSinks, operatorsBefore, type AlignedRecord, type AlignedScenario } from './aligned-scenario.js'
import { findBrokenChains, findLeftOver } from './find-violations.js'
import type { World } from './world.js'

/** What is wrong in the end: numbers lost or doubled at a sink, windows published twice or made of others' records, anything left over. */
export function findAlignedViolations(scenario: AlignedScenario, world: World): string[] {
  return [
    ...alignedSinks(scenario).flatMap((sink) => compareSink(scenario, world, sink, true)),
    ...findLeftOver(scenario, world),
    ...findLeftState(scenario, world),
    ...findBrokenAlignedChains(scenario, world),
  ]
}

/** What `verify` would find, at any moment between two processes. */
export function findBrokenAlignedChains(scenario: AlignedScenario, world: World): string[] {
  return findBrokenChains({ sinks: alignedSinks(scenario) }, world)
}

/**
 * What is wrong with a run that stopped because objects of its set are gone: it may only where others of the set
 * are out, it has to name those that are gone, and nothing may be there twice.
 */
export function findWrongStop(scenario: AlignedScenario, world: World, error: StandpipeError): string[] {
  const staged = world.document?.staged ?? []
  const isOut = (identity: string): boolean => [...world.objects.values()].some((object) => object.identity === identity)
  const isThere = (identity: string): boolean => [...world.uploads.values()].some((upload) => upload.identity === identity)
  const out = staged.filter(({ id }) => isOut(id))
  const gone = staged.filter(({ id }) => !isOut(id) && !isThere(id))
  const violations: string[] = []
  if (out.length === 0 || gone.length === 0) violations.push(`stopped where ${out.length} objects of the set are out and ${gone.length} gone`)
  if (!world.outWhenVanished) violations.push('stopped though nothing of the set was out when a part of it vanished')
  for (const { object } of gone) if (!error.message.includes(object.key)) violations.push(`${object.key} is gone, and not named`)
  for (const { object } of out) if (error.message.includes(object.key)) violations.push(`${object.key} is out, and named as gone`)
  return [...violations, ...alignedSinks(scenario).flatMap((sink) => compareSink(scenario, world, sink, false))]
}

interface PublishedRow {
  readonly bit?: string
  readonly bits?: string
  readonly n?: string
  readonly key?: string
  readonly window_start?: string
  readonly window_end?: string
  readonly rawData?: string
}

function publishedRows(world: World, of: string): PublishedRow[] {
  return [...world.objects.values()].filter(({ sink }) => sink === of).flatMap(({ lines }) => lines.map((line) => JSON.parse(line) as PublishedRow))
}

/** Keys are remembered for what a longer source would repeat; windows are all closed, and nothing else is kept. */
function findLeftState(scenario: AlignedScenario, world: World): string[] {
  const violations: string[] = []
  const state = world.document?.aligned?.state
  const remembers = [...scenario.operators, ...(scenario.pondOperators ?? [])].includes('dedupe')
  if (state !== undefined && !remembers) violations.push('a state is left after the source has ended')
  for (const name of world.blobs.keys()) if (state === undefined || !('name' in state) || name !== state.name) violations.push(`the blob ${name} is left`)
  return violations
}

function compareSink(scenario: AlignedScenario, world: World, sink: string, complete: boolean): string[] {
  const operators = operatorsBefore(sink, scenario)
  const records = Object.values(scenario.shards).flat()
  const violations: string[] = []
  const left = new Map<number, number>()
  for (const [, , number] of records) left.set(number, operators.includes('dedupe') ? 1 : (left.get(number) ?? 0) + 1)
  const seen = (number: number): void => void left.set(number, (left.get(number) ?? 0) - 1)
  const windows = new Set<string>()
  for (const { bit, bits, n, key, window_start, window_end } of publishedRows(world, sink)) {
    const numbers = numbersOf(BigInt(bits ?? bit ?? '0'))
    for (const number of numbers) seen(number)
    if (bits === undefined) continue
    if (numbers.length !== Number(n)) violations.push(`${sink}: ${n} records have the bits ${bits}`)
    const window = `${window_start} to ${window_end} ${key}`
    if (windows.has(window)) violations.push(`${sink}: the window ${window} is published twice`)
    windows.add(window)
    const [start, end] = [window_start, window_end].map((time) => Date.parse(time ?? '') / 1000)
    const belongs = (number: number): boolean => records.some((record) => record[2] === number && record[1] === key && start <= record[0] && record[0] < end)
    for (const number of numbers) if (!belongs(number)) violations.push(`${sink}: record ${number} is in the window ${window}`)
  }
  if (operators.includes('aggregate')) {
    for (const { rawData } of publishedRows(world, 'deadLetter')) seen((JSON.parse(Buffer.from(rawData ?? '', 'base64').toString()) as AlignedRecord)[2])
  }
  for (const [number, count] of left) {
    if (count < 0 || (complete && count > 0)) violations.push(`${sink}: record ${number} ${count > 0 ? 'lost' : 'too often'} (${count})`)
  }
  return violations
}

function numbersOf(bits: bigint): number[] {
  return Array.from({ length: 62 }, (_, number) => number).filter((number) => (bits >> BigInt(number)) % 2n === 1n)
}

import type { Member, Roster, WorkerId } from '../leases/lease.js'
import type { Item, ItemUpdate } from './item-table.js'

/** The key of the item that names all workers. No shard of Kinesis is named so. */
export const ROSTER_KEY = 'standpipe:workers'

const ENTITY = { '#entity': 'entityType' }
const ENTITY_VALUE = { ':entity': { S: 'STANDPIPE_WORKERS' } }
const BEAT = 'beat:'
const TOLD = 'told:'

/** The roster as the item says. Whoever was told of something after it left has no beat, and is not on it. */
export function rosterOf(item: Item): Roster {
  const members = new Map<WorkerId, Member>()
  for (const [name, { N: beat }] of Object.entries(item)) {
    if (!name.startsWith(BEAT) || beat === undefined) continue
    const worker = name.slice(BEAT.length)
    members.set(worker, { beat: Number(beat), told: Number(item[TOLD + worker]?.N ?? 0) })
  }
  return members
}

/** Puts a worker on the roster, or raises its beat. */
export function entering(worker: WorkerId): ItemUpdate {
  return {
    change: 'SET #entity = :entity ADD #beat :one',
    names: { ...ENTITY, '#beat': BEAT + worker },
    values: { ...ENTITY_VALUE, ':one': { N: '1' } },
  }
}

/** Raises the beat of a worker on the roster, and what others are told. */
export function beating(worker: WorkerId, tell: readonly WorkerId[]): ItemUpdate {
  const told = [...new Set(tell)].map((other, i) => [`#told${i}`, TOLD + other] as const)
  return {
    change: `ADD #beat :one${told.map(([name]) => `, ${name} :one`).join('')}`,
    where: 'attribute_exists(#beat)',
    names: { '#beat': BEAT + worker, ...Object.fromEntries(told) },
    values: { ':one': { N: '1' } },
  }
}

/** Takes a worker off the roster, if its beat is given only where it is still the same. */
export function leaving(worker: WorkerId, beat?: number): ItemUpdate {
  return {
    change: 'SET #entity = :entity REMOVE #beat, #told',
    ...(beat === undefined ? {} : { where: '#beat = :seen' }),
    names: { ...ENTITY, '#beat': BEAT + worker, '#told': TOLD + worker },
    values: { ...ENTITY_VALUE, ...(beat === undefined ? {} : { ':seen': { N: String(beat) } }) },
  }
}

import type { RollPolicy } from '../../component/index.js'

/** How old a set gets: the shortest roll age of the sinks (undefined: one that takes records), or `limits.checkpoint` where none writes objects. */
export function setAgeMs(rolls: readonly (RollPolicy | undefined)[], checkpointMs: number): number {
  const ages = rolls.flatMap((roll) => (roll === undefined ? [] : [roll.ageMs]))
  return ages.length === 0 ? checkpointMs : Math.min(...ages)
}

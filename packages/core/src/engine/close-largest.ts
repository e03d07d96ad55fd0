import type { MemoryBudget } from './memory-budget.js'
import type { OpenObject } from './open-object.js'
import type { ScratchFile } from './scratch-file.js'

/** What the ends of the open objects have to say may take this share of the budget; then those that say most roll. */
const DESCRIBED_SHARE = 0.25

/** What memory is taken from, and where it goes. */
export interface CloseParts {
  readonly memory: MemoryBudget
  readonly scratch: ScratchFile
  /** Finishes an object before its size and age. False where that one cannot end alone: then there is no more to be done. */
  roll(object: OpenObject): boolean
  /** Runs what writes a part of an object; may take its failure. */
  write(object: OpenObject, work: () => Promise<void>): Promise<void>
}

/**
 * Moves encoded bytes of open objects to the scratch file, then closes row groups, the largest first, until memory is
 * relieved or what is left would free less than `leastBytes`. Rolls objects where the scratch file has no room.
 */
export async function closeLargest(open: readonly OpenObject[], leastBytes: number, parts: CloseParts): Promise<void> {
  const { memory, scratch, roll, write } = parts
  const largestFirst = open.filter((object) => object.closableBytes >= leastBytes).sort((a, b) => b.closableBytes - a.closableBytes)
  for (const object of largestFirst) {
    if (memory.relieved) break
    await write(object, () => object.spillParts())
  }
  for (const object of largestFirst) {
    if (memory.relieved) break
    if (scratch.hasRoom(object.bufferedBytes)) await write(object, () => object.flushBlock())
    else if (!roll(object)) return
  }
}

/** Rolls objects with the most blocks where there is so much to be said of the blocks that memory is short of room for rows. */
export function rollMostDescribed(open: readonly OpenObject[], { memory, roll }: CloseParts): void {
  const most = memory.limitBytes * DESCRIBED_SHARE
  let bytes = open.reduce((sum, object) => sum + object.describedBytes, 0)
  if (bytes <= most) return
  for (const object of [...open].sort((a, b) => b.describedBytes - a.describedBytes)) {
    if (bytes <= most / 2) return
    bytes -= object.describedBytes
    if (!roll(object)) return
  }
}

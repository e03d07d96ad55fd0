import type { Position, ShardId } from '../model/index.js'

/** How far a run must read to come past everything that an earlier run published beyond its checkpoint. */
export class Replay {
  private readonly left = new Map<ShardId, Position>()

  /** `ahead` is by shard, then by `sink|partition`. Calls `over` once nothing is left; at once, where there is nothing. */
  constructor(
    ahead: ReadonlyMap<ShardId, Readonly<Record<string, Position>>>,
    private readonly comparePositions: (a: Position, b: Position) => number,
    private readonly over: () => void,
  ) {
    for (const [shard, positions] of ahead) {
      const highest = Object.values(positions).sort(comparePositions).at(-1)
      if (highest !== undefined) this.left.set(shard, highest)
    }
    if (this.isOver) over()
  }

  get isOver(): boolean {
    return this.left.size === 0
  }

  /** Notes how far a shard was read. */
  read(shard: ShardId, last: Position): void {
    const highest = this.left.get(shard)
    if (highest === undefined || this.comparePositions(last, highest) < 0) return
    this.left.delete(shard)
    if (this.isOver) this.over()
  }
}

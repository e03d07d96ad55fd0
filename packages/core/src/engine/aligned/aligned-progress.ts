import type { Hold, Position, ShardId } from '../../model/index.js'
import { Progress, type ShardProgress } from '../progress.js'

/** How far all shards were read at a barrier, and whom to tell once that is published. */
export interface CapturedProgress {
  readonly shards: readonly (readonly [ShardId, ShardProgress])[]
  readonly settled: readonly (() => void)[]
}

/**
 * Progress that moves at barriers only. What an operator folded into its state is settled for the batch, but not
 * for the ledger: nothing has moved until the state is committed with it.
 */
export class AlignedProgress extends Progress {
  private committed: (readonly [ShardId, ShardProgress])[] = []
  private folded: (() => void)[] = []
  private endedShards: ShardId[] = []

  override read(shard: ShardId, last: Position, arrivalMs: number, settled?: () => void): Hold {
    return super.read(shard, last, arrivalMs, settled === undefined ? undefined : () => void this.folded.push(settled))
  }

  override end(shard: ShardId): void {
    super.end(shard)
    this.endedShards.push(shard)
  }

  override get hasMoved(): boolean {
    return this.committed.length > 0
  }

  override *takeMoved(): Iterable<readonly [ShardId, ShardProgress]> {
    yield* this.committed.splice(0)
  }

  /** Shards that ended since this was last asked. */
  takeEnded(): ShardId[] {
    return this.endedShards.splice(0)
  }

  /** Where reading stands, of the shards that moved since the last barrier; to be called when no batch is held. */
  capture(): CapturedProgress {
    return { shards: [...super.takeMoved()], settled: this.folded.splice(0) }
  }

  /** These have moved: called within the write that commits them. */
  advance(captured: CapturedProgress): void {
    this.committed.push(...captured.shards)
  }
}

import type { ObjectStore } from '../../component/index.js'
import type { Clock } from '../../model/index.js'
import { listLooseObjects, type LooseObject } from '../recovery.js'

/** Stores are listed again no sooner, however many shards are taken up. */
const LISTED_FOR_MS = 600_000

/** What lies staged in the stores: a listing that is older than the ledger of every shard that is taken up after it. */
export class LooseObjects {
  private listing: Promise<readonly LooseObject[]>
  private listedMs: number

  constructor(
    private readonly stores: ReadonlyMap<string, ObjectStore>,
    private readonly clock: Clock,
    private readonly retry: <T>(call: () => Promise<T>) => Promise<T>,
    first: readonly LooseObject[],
  ) {
    this.listing = Promise.resolve(first)
    this.listedMs = clock.monotonic()
  }

  /** To be called before the ledger of a shard is read. */
  list(): Promise<readonly LooseObject[]> {
    if (this.clock.monotonic() - this.listedMs >= LISTED_FOR_MS) {
      this.listedMs = this.clock.monotonic()
      this.listing = this.listAll()
    }
    return this.listing
  }

  private async listAll(): Promise<readonly LooseObject[]> {
    const loose: LooseObject[] = []
    for (const store of this.stores.values()) loose.push(...(await this.retry(() => listLooseObjects(store))))
    return loose
  }
}

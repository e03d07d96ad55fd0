import { isKeyOfLedger, baseSink, withRetry, type FoundObject, type ListedObject, type ObjectStore, type PlannedObjectSink, type RetryContext } from '@standpipe/core'
import { readFooter } from './read-footer.js'

/** Objects whose footers are read together. */
const CONCURRENT_READS = 32

/** What lies where a sink puts its objects. */
export interface SinkContents {
  readonly objects: number
  readonly bytes: number
  /** Objects of this sink that say where they belong. */
  readonly chained: readonly FoundObject[]
  /** Named as this pipeline names its objects, and without a footer that can be read. */
  readonly damaged: readonly { readonly key: string; readonly why: string }[]
  /** Named as this pipeline names its objects, in a format that has no footer. */
  readonly unchecked: readonly string[]
  /** Objects of other pipelines and sinks. */
  readonly others: number
  /** Whatever else is there. */
  readonly foreign: readonly string[]
}

/** Which sink to look at. */
export interface SinkPlace {
  readonly pipeline: string
  readonly planned: PlannedObjectSink
  readonly store: ObjectStore
  /** Id of the pipeline's ledger; undefined where it has none. */
  readonly ledgerId: string | undefined
  readonly retry: RetryContext
  /** Told of each object that was looked at. */
  seen(): void
}

/** Lists what lies where a sink puts its objects, and reads their footers; no other bytes. Undefined where the store cannot list. */
export async function readSink(place: SinkPlace): Promise<SinkContents | undefined> {
  const { planned, store } = place
  const objects = store.list?.(planned.prefix.text.split('!{')[0])
  if (objects === undefined || store.readRange === undefined) return undefined
  const contents = { objects: 0, bytes: 0, chained: [] as FoundObject[], damaged: [] as { key: string; why: string }[], unchecked: [] as string[], others: 0, foreign: [] as string[] }
  const listing = objects[Symbol.asyncIterator]()
  // Workers take turns at the listing: its next() may not be called while it is at work.
  let turn: Promise<unknown> = Promise.resolve()
  const next = (): Promise<IteratorResult<ListedObject>> => {
    const mine = turn.then(() => listing.next())
    turn = mine.catch(() => undefined)
    return mine
  }
  const work = async (): Promise<void> => {
    for (let found = await next(); found.done !== true; found = await next()) {
      contents.objects += 1
      contents.bytes += found.value.bytes
      await sort(found.value)
      place.seen()
    }
  }
  const sort = async ({ key, bytes }: ListedObject): Promise<void> => {
    const isOurs = place.ledgerId !== undefined && isKeyOfLedger(key, place.ledgerId)
    if (planned.formatName !== 'parquet') return void (isOurs ? contents.unchecked : contents.foreign).push(key)
    if (!isOurs && !key.endsWith('.parquet')) return void contents.foreign.push(key)
    const readRange = (start: number, end: number): Promise<Uint8Array> => withRetry(place.retry, async () => (await store.readRange?.(key, start, end)) ?? new Uint8Array(0))
    const footer = await readFooter(bytes, readRange)
    if (footer.kind === 'damaged' && isOurs) contents.damaged.push({ key, why: footer.why })
    else if (footer.kind !== 'chained') contents.foreign.push(key)
    else if (footer.chain.pipeline === place.pipeline && baseSink(footer.chain.sink) === planned.name) contents.chained.push({ key, chain: footer.chain })
    else contents.others += 1
  }
  await Promise.all(Array.from({ length: CONCURRENT_READS }, work))
  return contents
}

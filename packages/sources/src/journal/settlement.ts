import { entryName, type EntryShare } from './journal-block.js'
import { comparePlaces, type Place } from './place.js'

/** Tells when all records of an entry are settled, to requests that wait for that. */
export class Settlement {
  /** Records of entries that were read and are not settled. */
  private readonly unsettled = new Map<string, number>()
  private readonly waiting = new Map<string, Set<() => void>>()
  private readUpTo: Place = { segment: 0, offset: 0 }

  /** Reading begins (again) at this place: everything before it is settled. */
  begin(place: Place): void {
    this.unsettled.clear()
    this.readUpTo = place
  }

  /** Notes an entry of which `records` records will be handed on; the others were settled in an earlier run. */
  noteEntry(place: Place, next: Place, records: number): void {
    this.readUpTo = next
    if (records > 0) this.unsettled.set(entryName(place), records)
    else this.release(entryName(place))
  }

  /** Notes that records were settled, by entry. */
  settled(entries: readonly EntryShare[]): void {
    for (const { place, records } of entries) {
      const entry = entryName(place)
      const left = (this.unsettled.get(entry) ?? 0) - records
      if (left > 0) this.unsettled.set(entry, left)
      else this.release(entry)
    }
  }

  /** Resolves when the entry is settled; rejects with the signal's reason. */
  async wait(place: Place, signal: AbortSignal): Promise<void> {
    const entry = entryName(place)
    if (comparePlaces(place, this.readUpTo) < 0 && !this.unsettled.has(entry)) return
    const waiters = this.waiting.get(entry) ?? new Set()
    this.waiting.set(entry, waiters)
    await new Promise<void>((resolve, reject) => {
      const done = (): void => {
        signal.removeEventListener('abort', stop)
        resolve()
      }
      const stop = (): void => {
        waiters.delete(done)
        if (waiters.size === 0) this.waiting.delete(entry)
        reject(signal.reason as Error)
      }
      waiters.add(done)
      if (signal.aborted) stop()
      else signal.addEventListener('abort', stop, { once: true })
    })
  }

  private release(entry: string): void {
    this.unsettled.delete(entry)
    const waiters = this.waiting.get(entry)
    this.waiting.delete(entry)
    for (const done of waiters ?? []) done()
  }
}

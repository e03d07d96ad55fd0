import { createHash } from 'node:crypto'
import { StandpipeError, type Clock } from '@standpipe/core'
import { EntryTooLargeError, type EntryRecords } from '../journal/entry.js'
import type { Journal } from '../journal/journal.js'
import type { Place } from '../journal/place.js'
import { busy, RefusedError } from './refusal.js'

/** What the records of one request become: one entry, kept whole or not at all. */
export interface RequestRecords {
  /** Name of the record stream in the journal; empty where there is only one. */
  readonly stream: string
  readonly header?: readonly string[] | undefined
  readonly records: EntryRecords
}

/** How a client names a request that it may send again. */
export interface RequestKey {
  readonly key: string
  /** Of what was sent: the same key with other records is refused. */
  readonly fingerprint: Buffer
}

/**
 * Appends the records of a request to the journal, unless a request of the same key did: then its place is given.
 * Resolves when they are durable. Rejects with a RefusedError, and then they are not kept: 413 where the journal can
 * never take them, 422 for a key that was used otherwise, 503 where there is no room. After any other error they may be.
 */
export async function appendRecords(request: RequestRecords, key: RequestKey | undefined, { journal, clock }: { readonly journal: Journal; readonly clock: Clock }): Promise<Place> {
  const arrivalMs = clock.now()
  const entry = { header: undefined, ...request, arrivalMs }
  try {
    if (key === undefined) return await journal.append(entry)
    const known = journal.keys.find(key.key, arrivalMs)
    if (known !== undefined) {
      if (!key.fingerprint.equals(known.fingerprint)) throw new RefusedError(422, 'this Idempotency-Key came with another body before')
      return await known.place
    }
    if (journal.keys.isFull(arrivalMs)) throw busy(503, 'too many idempotency keys are remembered (idempotency.maxKeys)', 30)
    const place = journal.append({ ...entry, ...key })
    journal.keys.add(key.key, { fingerprint: key.fingerprint, arrivalMs, place })
    return await place
  } catch (error) {
    if (error instanceof EntryTooLargeError) throw new RefusedError(413, 'the journal has no place for a request of this size (journal.keep.size)')
    if (!(error instanceof StandpipeError) || !error.retryable) throw error
    throw busy(503, error.code === 'DISK_FULL' ? 'there is no room for more records' : 'the records could not be made durable', 10, error)
  }
}

/** Of what a request carried, for its key. */
export function fingerprint(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha256')
  for (const [i, part] of parts.entries()) hash.update(i === 0 ? '' : '\n').update(part)
  return hash.digest().subarray(0, 16)
}

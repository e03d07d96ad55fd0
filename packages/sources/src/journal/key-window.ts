import { join } from 'node:path'
import { StandpipeError } from '@standpipe/core'
import { readFile, replaceFile, type JournalFiles } from './journal-files.js'
import type { Place } from './place.js'

/** A request that was seen: where its entry is, once it is durable, and the hash of what it sent. */
export interface KnownKey {
  readonly fingerprint: Uint8Array
  readonly arrivalMs: number
  /** Resolves when the entry is durable; rejects where it may not be. */
  readonly place: Promise<Place>
}

/** How long keys are remembered, and how many at most. */
export interface KeyWindowOptions {
  readonly windowMs: number
  readonly maxKeys: number
}

/**
 * The idempotency keys of the last minutes. Keys stand in the journal's entries; this is their index in memory.
 * When a segment is deleted sooner than its keys are due, they are kept in a small file beside it.
 */
export class KeyWindow {
  private readonly known = new Map<string, KnownKey>()
  private readonly keysOfSegment = new Map<number, string[]>()
  /** Files of keys whose segments are deleted, and until when they are needed. */
  private files: { readonly path: string; readonly dueMs: number }[] = []

  constructor(private readonly options: KeyWindowOptions) {}

  /** How long keys are remembered. */
  get windowMs(): number {
    return this.options.windowMs
  }

  /** The request of that key, if it is in the window. */
  find(key: string, nowMs: number): KnownKey | undefined {
    this.forget(nowMs)
    return this.known.get(key)
  }

  /** Whether another key would pass the limit: an old one cannot be dropped before its time. */
  isFull(nowMs: number): boolean {
    this.forget(nowMs)
    return this.known.size >= this.options.maxKeys
  }

  /** Remembers a request whose entry is being written; forgets it where that fails. */
  add(key: string, known: KnownKey): void {
    this.known.delete(key)
    this.known.set(key, known)
    known.place.then(
      (place) => this.note(key, place.segment),
      () => {
        if (this.known.get(key) === known) this.known.delete(key)
      },
    )
  }

  /** Remembers a request that was found in the journal. */
  restore(key: string, fingerprint: Uint8Array, arrivalMs: number, place: Place): void {
    this.known.delete(key)
    this.known.set(key, { fingerprint, arrivalMs, place: Promise.resolve(place) })
    this.note(key, place.segment)
  }

  /** Keeps what is still needed of a segment that is about to be deleted. */
  async save(files: JournalFiles, folder: string, segment: number, nowMs: number): Promise<void> {
    this.forget(nowMs)
    const lines: string[] = []
    let dueMs = 0
    for (const key of this.keysOfSegment.get(segment) ?? []) {
      const known = this.known.get(key)
      if (known === undefined) continue
      const place = await known.place
      dueMs = Math.max(dueMs, known.arrivalMs + this.options.windowMs)
      lines.push(JSON.stringify([key, Buffer.from(known.fingerprint).toString('base64'), known.arrivalMs, place.segment, place.offset]))
    }
    if (lines.length > 0) {
      const path = join(folder, keysName(segment))
      await replaceFile(files, path, Buffer.from([HEAD, ...lines].join('\n')))
      this.files.push({ path, dueMs })
    }
    this.keysOfSegment.delete(segment)
    await this.removeDue(files, nowMs)
  }

  /** Reads what was kept of deleted segments, and deletes what is no longer needed. */
  async load(files: JournalFiles, folder: string, names: readonly string[], nowMs: number): Promise<void> {
    for (const name of names.filter((candidate) => KEYS_NAME.test(candidate)).sort()) {
      const path = join(folder, name)
      const [head, ...lines] = Buffer.from(await readFile(files, path)).toString().split('\n')
      if (head !== HEAD) throw new StandpipeError(`${path} is damaged, or was written by a newer Standpipe`, { code: 'LEDGER_NEWER', component: 'journal' })
      let dueMs = 0
      for (const line of lines) {
        const [key, fingerprint, arrivalMs, segment, offset] = JSON.parse(line) as [string, string, number, number, number]
        dueMs = Math.max(dueMs, arrivalMs + this.options.windowMs)
        this.restore(key, Buffer.from(fingerprint, 'base64'), arrivalMs, { segment, offset })
      }
      this.files.push({ path, dueMs })
    }
    await this.removeDue(files, nowMs)
    this.forget(nowMs)
  }

  private async removeDue(files: JournalFiles, nowMs: number): Promise<void> {
    const due = this.files.filter(({ dueMs }) => dueMs < nowMs)
    for (const { path } of due) await files.remove(path)
    this.files = this.files.filter((file) => !due.includes(file))
  }

  private note(key: string, segment: number): void {
    const keys = this.keysOfSegment.get(segment)
    if (keys === undefined) this.keysOfSegment.set(segment, [key])
    else keys.push(key)
  }

  private forget(nowMs: number): void {
    for (const [key, { arrivalMs }] of this.known) {
      if (arrivalMs + this.options.windowMs >= nowMs) return
      this.known.delete(key)
    }
  }
}

const HEAD = 'standpipe journal keys 1'
const KEYS_NAME = /^\d{16}\.keys$/

function keysName(segment: number): string {
  return `${String(segment).padStart(16, '0')}.keys`
}

import { hashBytes } from '@standpipe/core/model'
import { FAILED } from './json-bytes.js'
import type { ValueScan } from './value-scan.js'

/** A member of an object, known to the schema or met in the records. */
export class Member {
  /** How it is mostly written: `"name":`. */
  readonly written: Uint8Array
  readonly hash: number
  /** The object in which it was seen last, by number: names that occur twice are found by it. */
  seenIn = 0
  /** The member that followed it last: most records name theirs in one order. */
  next: Member = this

  /** `value` reads it; undefined for a member that the schema does not name. */
  constructor(
    readonly name: Buffer,
    readonly value: ValueScan | undefined,
  ) {
    this.written = Buffer.from(`${JSON.stringify(name.toString())}:`)
    this.hash = hashBytes(name, 0, name.length)
  }
}

/** The offset after `"name":` where that is what stands at `at`, else FAILED. */
export function endOfMember(member: Member, bytes: Uint8Array, at: number): number {
  const { written } = member
  const { length } = written
  for (let i = 0; i < length; i++) if (bytes[at + i] !== written[i]) return FAILED
  return at + length
}

/** Members by name (open addressing). */
export class KeyTable {
  private slots: (Member | undefined)[] = Array.from({ length: 16 }, () => undefined)
  private size = 0

  find(bytes: Uint8Array, start: number, end: number, hash = hashBytes(bytes, start, end)): Member | undefined {
    const mask = this.slots.length - 1
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const member = this.slots[slot]
      if (member === undefined || (member.hash === hash && sameBytes(member.name, bytes, start, end))) return member
    }
  }

  add(member: Member): void {
    if (++this.size * 2 > this.slots.length) this.rehash()
    this.put(member)
  }

  private put(member: Member): void {
    const mask = this.slots.length - 1
    let slot = (member.hash ^ (member.hash >>> 15)) & mask
    while (this.slots[slot] !== undefined) slot = (slot + 1) & mask
    this.slots[slot] = member
  }

  private rehash(): void {
    const { slots } = this
    this.slots = Array.from({ length: slots.length * 2 }, () => undefined)
    for (const member of slots) if (member !== undefined) this.put(member)
  }
}

function sameBytes(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false
  return true
}

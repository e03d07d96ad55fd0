import { hashBytes } from '@standpipe/core/model'
import { FAILED } from './json-bytes.js'
import { DoubleScan } from './number-scan.js'
import { TextScan } from './text-scan.js'
import type { ValueScan } from './value-scan.js'

/** A member of an object, known to the schema or met in the records. */
export class Member {
  /** How it is mostly written: `"name":`. */
  readonly written: Uint8Array
  readonly hash: number
  /** `value`, where it is of the class of most values. */
  readonly text: TextScan | undefined
  readonly double: DoubleScan | undefined
  /** The object in which it was seen last, by number: names that occur twice are found by it. */
  seenIn = 0
  /** The member that followed it last: most records name theirs in one order. */
  next: Member = this

  /** `value` reads it; undefined for a member that the schema does not name. `written` is for what only looks like a member. */
  constructor(
    readonly name: Buffer,
    readonly value: ValueScan | undefined,
    written = `${JSON.stringify(name.toString())}:`,
  ) {
    this.text = value instanceof TextScan ? value : undefined
    this.double = value instanceof DoubleScan ? value : undefined
    this.written = Buffer.from(written)
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

/** Members by name (open addressing), and by the first letters of it. */
export class KeyTable {
  private slots: (Member | undefined)[] = Array.from({ length: 16 }, () => undefined)
  private size = 0
  private readonly guesses: Member[]

  /** `nobody` is guessed where there is nothing to go by. */
  constructor(nobody: Member) {
    this.guesses = Array.from({ length: 256 }, () => nobody)
  }

  /** The member that bytes like those at `at` stood for last: spares finding where the name ends. */
  guess(bytes: Uint8Array, at: number): Member {
    return this.guesses[firstLetters(bytes, at)]
  }

  /** What stands at `at` is the name of `member`. */
  learn(bytes: Uint8Array, at: number, member: Member): void {
    this.guesses[firstLetters(bytes, at)] = member
  }

  /** The member of that name. */
  find(bytes: Uint8Array, start: number, end: number, hash = hashBytes(bytes, start, end)): Member | undefined {
    const mask = this.slots.length - 1
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const member = this.slots[slot]
      if (member === undefined || (member.hash === hash && sameBytes(member.name, bytes, start, end))) return member
    }
  }

  /** Adds a member whose name is not there yet. */
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

function firstLetters(bytes: Uint8Array, at: number): number {
  return (bytes[at + 1] * 7 + bytes[at + 2] * 31 + bytes[at + 4] * 131) & 255
}

function sameBytes(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false
  return true
}

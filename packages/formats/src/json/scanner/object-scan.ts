import type { Column, StructColumn } from '@standpipe/core/model'
import type { CompiledField } from '../../values/field-writer.js'
import { COLON, COMMA, endOfNull, FAILED, LETTER_N, OBJECT_CLOSE, OBJECT_OPEN, QUOTE, skipSpace } from './json-bytes.js'
import { endOfMember, KeyTable, Member } from './key-table.js'
import type { ScanInput } from './scan-input.js'
import { skipValue } from './skip-value.js'
import { endOfString, endOfUnescaped } from './string-bytes.js'
import { ValueScan } from './value-scan.js'

/** Unknown names remembered for longer than an object. */
const MAX_STRANGERS = 1000

/** One in so many members out of their order changes what is expected: some fields are only missing at times. */
const RELEARN_EVERY = 64

/** A name of the input and what reads its values. */
export interface NamedScan {
  readonly name: string
  readonly value: ValueScan
}

/** Reads the members of an object, a record or a struct, in whatever order they come. */
export class ObjectMembers {
  private readonly members: readonly Member[]
  /** Stands before the first member. Never taken for one: no JSON is written so, and it counts as seen in every object. */
  private readonly head = new Member(Buffer.alloc(0), undefined, '\0')
  private table!: KeyTable
  /** Members that the schema does not name. */
  private strangers = 0
  /** Objects read. */
  private objects = 0
  /** Names found by a guess. */
  private guesses = 0
  /** The offset after the name that was found last. */
  private nameEnd = 0

  /** `depth` is how many objects and lists a member's value lies in; `drops` whether names that no field has are passed over. */
  constructor(
    private readonly input: ScanInput,
    scans: readonly NamedScan[],
    private readonly depth: number,
    private readonly drops: boolean,
  ) {
    this.members = scans.map(({ name, value }) => new Member(Buffer.from(name), value))
    this.forgetStrangers()
  }

  /** `columns` stand in the order of the scans. */
  bind(columns: readonly Column[]): void {
    this.members.forEach(({ value }, i) => value?.bind(columns[i]))
  }

  /** As {@link ValueScan.refresh}. */
  refresh(columns: readonly Column[]): void {
    this.members.forEach(({ value }, i) => value?.refresh(columns[i]))
  }

  /** Reads the object at `at` into a row and returns the offset after it, or FAILED. */
  scan(bytes: Uint8Array, at: number, row: number): number {
    if (bytes[at] !== OBJECT_OPEN) return FAILED
    if (this.strangers > MAX_STRANGERS) this.forgetStrangers()
    const object = ++this.objects
    let missing = this.members.length
    let previous = this.head
    this.head.seenIn = object
    at = skipSpace(bytes, at + 1)
    if (bytes[at] === OBJECT_CLOSE) at++
    else {
      for (;;) {
        let member = previous.next
        let next = endOfMember(member, bytes, at)
        if (next === FAILED) {
          const found = this.find(bytes, at, previous)
          if (found === undefined) return FAILED
          member = found
          next = this.nameEnd
        }
        // Of equal names the last one counts, which is known too late here.
        if (member.seenIn === object) return FAILED
        member.seenIn = object
        previous = member

        at = skipSpace(bytes, next)
        const { value } = member
        if (value === undefined) {
          this.input.unknownFields++
          at = skipValue(bytes, at, this.depth, this.input.end)
        } else {
          missing--
          if (bytes[at] === LETTER_N) at = value.absent(row) ? endOfNull(bytes, at) : FAILED
          // Calls of one class are inlined, calls through the base are not: a tenth of the time.
          else if (member.text !== undefined) at = member.text.scan(bytes, at, row)
          else if (member.double !== undefined) at = member.double.scan(bytes, at, row)
          else at = value.scan(bytes, at, row)
        }
        if (at === FAILED) return FAILED

        at = skipSpace(bytes, at)
        const byte = bytes[at++]
        if (byte === OBJECT_CLOSE) break
        if (byte !== COMMA) return FAILED
        at = skipSpace(bytes, at)
      }
    }
    return missing === 0 || this.fillMissing(object, row) ? at : FAILED
  }

  private fillMissing(object: number, row: number): boolean {
    for (const { seenIn, value } of this.members) if (seenIn !== object && value?.absent(row) === false) return false
    return true
  }

  /** The member named at `at`, where it is not the one expected after `previous`; undefined where it cannot be passed over, or is no name. */
  private find(bytes: Uint8Array, at: number, previous: Member): Member | undefined {
    const guess = this.table.guess(bytes, at)
    this.nameEnd = endOfMember(guess, bytes, at)
    if (this.nameEnd !== FAILED) {
      if ((++this.guesses % RELEARN_EVERY) === 0) follow(previous, guess)
      return guess
    }
    const found = this.lookUp(bytes, at)
    if (found === undefined) return undefined
    this.table.learn(bytes, at, found)
    follow(previous, found)
    return found
  }

  private lookUp(bytes: Uint8Array, at: number): Member | undefined {
    if (bytes[at] !== QUOTE) return undefined
    const end = endOfUnescaped(bytes, at + 1)
    if (bytes[end] !== QUOTE) return this.lookUpEscaped(bytes, at)
    const colon = skipSpace(bytes, end + 1)
    if (bytes[colon] !== COLON) return undefined
    this.nameEnd = colon + 1
    return this.table.find(bytes, at + 1, end) ?? this.remember(Buffer.from(bytes.subarray(at + 1, end)))
  }

  private lookUpEscaped(bytes: Uint8Array, at: number): Member | undefined {
    const end = endOfString(bytes, at + 1)
    if (end === FAILED) return undefined
    const colon = skipSpace(bytes, end + 1)
    if (bytes[colon] !== COLON) return undefined
    this.nameEnd = colon + 1
    const text = JSON.parse(this.input.utf8At(at, end + 1)) as string
    const name = Buffer.from(text)
    // A lone surrogate makes names that bytes do not tell apart.
    if (name.toString() !== text) return undefined
    return this.table.find(name, 0, name.length) ?? this.remember(name)
  }

  private remember(name: Buffer): Member | undefined {
    if (!this.drops) return undefined
    const stranger = new Member(name, undefined)
    this.table.add(stranger)
    this.strangers++
    return stranger
  }

  private forgetStrangers(): void {
    this.strangers = 0
    this.table = new KeyTable(this.head)
    let previous = this.head
    for (const member of this.members) {
      this.table.add(member)
      previous = previous.next = member
    }
    previous.next = this.head.next
  }
}

/** Reads structs. */
export class StructScan extends ValueScan {
  constructor(
    input: ScanInput,
    field: CompiledField,
    private readonly members: ObjectMembers,
  ) {
    super(input, field)
  }

  override bind(column: Column): void {
    super.bind(column)
    this.members.bind((column as StructColumn).children)
  }

  override refresh(column: Column): void {
    super.refresh(column)
    this.members.refresh((column as StructColumn).children)
  }

  scan(bytes: Uint8Array, at: number, row: number): number {
    this.valid[row] = 1
    return this.members.scan(bytes, at, row)
  }
}

/** From now on `member` is expected after `previous`; after a new one, what was expected in its place. */
function follow(previous: Member, member: Member): void {
  if (member.next === member) member.next = previous.next
  previous.next = member
}

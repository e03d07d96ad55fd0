import { allocate, copyBytes, hashBytes, sameBytes } from './memory'
import { MAX_STRANGERS, Member, memberAt, MEMBER_SLOTS, ObjectPlan } from './plan'
import { endOfUnescaped, skipSpace } from './text'

/** Slots looked at for a name before the record is left to the host: nobody can make names that all take long to find. */
const MAX_PROBES: i32 = 32
const STRANGER_MEMORY: usize = 256 * 1024

/** The address after the name that was found last. */
export let nameEnd: usize = 0

/** Whether `"name":` of a member stands at `at`. */
// @ts-ignore: decorator
@inline
export function standsAt(member: Member, at: usize): bool {
  return sameBytes(at, member.written, member.length)
}

/** Forgets strange names, and expects the members of the schema in their order. */
export function forgetStrangers(plan: ObjectPlan): void {
  plan.strangers = 0
  plan.strangerBytes = 0
  memory.fill(plan.table, 0, MEMBER_SLOTS * 4)
  let previous = plan.head
  for (let i = 0; i < plan.count; i++) {
    const member = memberAt(plan, i)
    member.hash = hashBytes(member.written, member.length)
    put(plan, member)
    previous.next = member
    previous = member
  }
  previous.next = plan.head.next
}

/**
 * The member whose name stands at `at`, where it is not the one expected after `previous`; null where there is no name, one that
 * cannot be passed over, or one that is not written plainly. It is expected there from now on.
 */
export function findMember(plan: ObjectPlan, at: usize, previous: Member): Member | null {
  if (load<u8>(at) != 34) return null
  const end = endOfUnescaped(at + 1)
  if (load<u8>(end) != 34) return null
  const colon = skipSpace(end + 1)
  if (load<u8>(colon) != 58) return null
  nameEnd = colon + 1
  const member = colon == end + 1 ? lookUp(plan, at, nameEnd - at) : lookUpSpaced(plan, at, end)
  if (member === null) return null
  // A new one takes its place before the one that was expected.
  if (member.next === member) member.next = previous.next
  previous.next = member
  return member
}

/** Where white space stands before the colon, the name is looked up without it. */
function lookUpSpaced(plan: ObjectPlan, at: usize, end: usize): Member | null {
  const length = end + 2 - at
  if (length > 1000) return null
  copyBytes(spaced, at, length - 1)
  store<u8>(spaced + length - 1, 58)
  return lookUp(plan, spaced, length)
}

const spaced: usize = memory.data(1024)

function lookUp(plan: ObjectPlan, written: usize, length: usize): Member | null {
  const hash = hashBytes(written, length)
  let slot = hash & (MEMBER_SLOTS - 1)
  for (let probes = 0; probes < MAX_PROBES; probes++) {
    const address = load<usize>(plan.table + (slot << 2))
    if (address == 0) return remember(plan, written, length, hash)
    const member = changetype<Member>(address)
    if (member.hash == hash && member.length == length && sameBytes(written, member.written, length)) return member
    slot = (slot + 1) & (MEMBER_SLOTS - 1)
  }
  return null
}

function remember(plan: ObjectPlan, written: usize, length: usize, hash: u32): Member | null {
  const bytes = (offsetof<Member>() + 15 + length + 16) & ~15
  if (!plan.drops || plan.strangers > MAX_STRANGERS * 2 || plan.strangerBytes + bytes > STRANGER_MEMORY) return null
  const stranger = changetype<Member>(plan.strangerMemory + plan.strangerBytes)
  plan.strangerBytes += bytes
  plan.strangers++
  stranger.written = changetype<usize>(stranger) + ((offsetof<Member>() + 15) & ~15)
  copyBytes(stranger.written, written, length)
  stranger.length = length
  stranger.hash = hash
  stranger.value = null
  stranger.next = stranger
  stranger.seenIn = 0
  put(plan, stranger)
  return stranger
}

function put(plan: ObjectPlan, member: Member): void {
  let slot = member.hash & (MEMBER_SLOTS - 1)
  while (load<usize>(plan.table + (slot << 2)) != 0) slot = (slot + 1) & (MEMBER_SLOTS - 1)
  store<usize>(plan.table + (slot << 2), changetype<usize>(member))
}

/** Ends the making of an object: its members can be found from now on. */
export function closeObject(plan: ObjectPlan): void {
  plan.strangerMemory = allocate(STRANGER_MEMORY + 64)
  forgetStrangers(plan)
}

/** Whether so many strange names are remembered that they are to be forgotten before the next object. */
// @ts-ignore: decorator
@inline
export function knowsTooMany(plan: ObjectPlan): bool {
  return plan.strangers > MAX_STRANGERS || plan.strangerBytes > STRANGER_MEMORY / 2
}


import { randomBytes } from 'node:crypto'
import { compileTimePattern } from '../model/index.js'

/** What makes the names of this run's objects unlike those of any other run. */
export interface AttemptNames {
  /** The ledger's own name: `3f9c2a71-b0d4`. */
  readonly ledgerId: string
  /** Raised at every start. */
  readonly epoch: number
  /** How an identity is written: `3f9c2a71-b0d4-7-1`, or as a UUID, as Firehose names its objects. */
  readonly style: 'plain' | 'uuid'
  counter: number
  /** 11 random characters, as Firehose's `!{firehose:random-string}`. */
  random(): string
}

/** How a pipeline writes the identities of its objects. */
export function nameStyleOf(plan: { readonly semantics: string }): AttemptNames['style'] {
  return plan.semantics === 'firehose' ? 'uuid' : 'plain'
}

/** Names for the attempts of one incarnation of a pipeline. */
export function createAttemptNames(ledgerId: string, epoch: number, style: AttemptNames['style'] = 'plain'): AttemptNames {
  return {
    ledgerId,
    epoch,
    style,
    counter: 0,
    random: () => randomBytes(9).toString('base64url').replaceAll(/[^A-Za-z0-9]/g, '0').slice(0, 11).padEnd(11, '0'),
  }
}

/** A fresh identity; never derived from positions, so that two attempts at the same rows never share a name. */
export function nameAttempt(names: AttemptNames): string {
  names.counter += 1
  const { ledgerId, epoch, counter, style } = names
  return (style === 'uuid' ? uuidOfAttempt(ledgerId, epoch, counter) : undefined) ?? `${ledgerId}-${epoch}-${counter}`
}

/** A ledger's name is the beginning of a UUID; names of other shapes are for tests alone. */
const LEDGER_ID = /^[0-9a-f]{8}-[0-9a-f]{4}$/

/** A UUID of version 8 (RFC 9562: its bits are ours) that says the same: the ledger's 48 bits, the epoch in 32, the counter in 40. */
function uuidOfAttempt(ledgerId: string, epoch: number, counter: number): string | undefined {
  if (!LEDGER_ID.test(ledgerId) || epoch >= 2 ** 32 || counter >= 2 ** 40) return undefined
  const e = epoch.toString(16).padStart(8, '0')
  return `${ledgerId}-8${e.slice(0, 3)}-9${e.slice(3, 6)}-${e.slice(6)}${counter.toString(16).padStart(10, '0')}`
}

/** The epoch in an identity of this ledger, or undefined where the identity is not of this ledger. */
export function epochOfIdentity(identity: string, ledgerId: string): number | undefined {
  if (!identity.startsWith(`${ledgerId}-`)) return undefined
  const uuid = /^-8([0-9a-f]{3})-9([0-9a-f]{3})-([0-9a-f]{2})[0-9a-f]{10}$/.exec(identity.slice(ledgerId.length))
  if (uuid !== null) return Number.parseInt(`${uuid[1]}${uuid[2]}${uuid[3]}`, 16)
  const epoch = Number.parseInt(identity.slice(ledgerId.length + 1), 10)
  return Number.isSafeInteger(epoch) ? epoch : undefined
}

/** Writes `2026-03-01-14-05-09`, the time in Firehose's object names, for milliseconds since the epoch. */
export function keyTimeIn(timeZone = 'UTC'): (ms: number) => string {
  const pattern = compileTimePattern('yyyy-MM-dd-HH-mm-ss', timeZone)
  return (ms) => pattern.format(BigInt(Math.floor(ms)) * 1000n)
}

/** How keys end: `…-yyyy-MM-dd-HH-mm-ss-<identity><extension>`. */
const KEY_END = /-\d{4}(?:-\d\d){5}-([^./]+)(?:\.[^/]*)?$/

/** Whether a key is one that a run with this ledger gave to an object. */
export function isKeyOfLedger(key: string, ledgerId: string): boolean {
  const identity = KEY_END.exec(key)?.[1]
  return identity !== undefined && epochOfIdentity(identity, ledgerId) !== undefined
}

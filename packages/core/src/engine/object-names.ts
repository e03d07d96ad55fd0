import { randomBytes } from 'node:crypto'

/** What makes the names of this run's objects unlike those of any other run. */
export interface AttemptNames {
  /** The ledger's own name and epoch: `3f9c2a71-b0d4-7`. */
  readonly incarnation: string
  counter: number
  /** 11 random characters, as Firehose's `!{firehose:random-string}`. */
  random(): string
}

/** Names for the attempts of one incarnation of a pipeline. */
export function createAttemptNames(ledgerId: string, epoch: number): AttemptNames {
  return {
    incarnation: `${ledgerId}-${epoch}`,
    counter: 0,
    random: () => randomBytes(9).toString('base64url').replaceAll(/[^A-Za-z0-9]/g, '0').slice(0, 11).padEnd(11, '0'),
  }
}

/** A fresh identity; never derived from positions, so that two attempts at the same rows never share a name. */
export function nameAttempt(names: AttemptNames): string {
  names.counter += 1
  return `${names.incarnation}-${names.counter}`
}

/** The epoch in an identity of this ledger, or undefined where the identity is not of this ledger. */
export function epochOfIdentity(identity: string, ledgerId: string): number | undefined {
  if (!identity.startsWith(`${ledgerId}-`)) return undefined
  const epoch = Number.parseInt(identity.slice(ledgerId.length + 1), 10)
  return Number.isSafeInteger(epoch) ? epoch : undefined
}

/** `2026-03-01-14-05-09`, in UTC: the time in Firehose's object names. */
export function formatKeyTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replaceAll(/[T:]/g, '-')
}

/** How keys end: `…-yyyy-MM-dd-HH-mm-ss-<identity><extension>`. */
const KEY_END = /-\d{4}(?:-\d\d){5}-([^./]+)(?:\.[^/]*)?$/

/** Whether a key is one that a run with this ledger gave to an object. */
export function isKeyOfLedger(key: string, ledgerId: string): boolean {
  const identity = KEY_END.exec(key)?.[1]
  return identity !== undefined && epochOfIdentity(identity, ledgerId) !== undefined
}

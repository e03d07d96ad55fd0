import { createHash } from 'node:crypto'
import { isMapping } from '../../config/index.js'

/** The SHA-256 (hex) of a plain value in canonical form: keys in order, nothing undefined. Equal values have equal fingerprints. */
export function fingerprintOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}

/** JSON with the keys of every object in order. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === 'bigint') return `${inner}n`
    if (typeof inner === 'function') return `function ${inner.toString()}`
    if (!isMapping(inner) || typeof inner.toJSON === 'function') return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

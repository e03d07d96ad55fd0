import { createHash, timingSafeEqual } from 'node:crypto'
import { RefusedError } from './refusal.js'

/** Checks the `Authorization` header against bearer tokens; throws a RefusedError of 401. */
export type Authorize = (header: string | undefined) => void

/** A check that takes as long for a wrong token as for a right one: hashes are compared, all of them. */
export function authorizeBy(tokens: readonly string[] | undefined): Authorize {
  if (tokens === undefined) return () => undefined
  const hashes = tokens.map(hash)
  return (header) => {
    const given = hash(/^Bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? '')
    let known = false
    for (const expected of hashes) known = timingSafeEqual(given, expected) || known
    if (!known) throw new RefusedError(401, 'a bearer token is needed that is valid here', { headers: { 'WWW-Authenticate': 'Bearer' } })
  }
}

function hash(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

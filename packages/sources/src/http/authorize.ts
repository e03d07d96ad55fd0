import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { RefusedError } from './refusal.js'

/** Checks by its headers whether a request may be taken; throws a RefusedError of 401 or 403. */
export type Authorize = (headers: IncomingHttpHeaders) => void

/** Tells whether a text is one of the secrets, in a time that does not depend on them: hashes are compared, all of them. */
export function acceptsOneOf(secrets: readonly string[]): (given: string) => boolean {
  const hashes = secrets.map(hash)
  return (given) => {
    const found = hash(given)
    let known = false
    for (const expected of hashes) known = timingSafeEqual(found, expected) || known
    return known
  }
}

/**
 * Checks the `Authorization` header against bearer tokens. Without tokens whatever runs on this machine may send, but not the
 * pages of a browser on it, which come from anywhere.
 */
export function authorizeBy(tokens: readonly string[] | undefined): Authorize {
  if (tokens === undefined) return refuseWebPages
  const isToken = acceptsOneOf(tokens)
  return ({ authorization }) => {
    if (!isToken(/^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '')) throw new RefusedError(401, 'a bearer token is needed that is valid here', { headers: { 'WWW-Authenticate': 'Bearer' } })
  }
}

/** Refuses what a browser sends for the page of a site, with 403: for addresses that ask for no credentials. */
export function refuseWebPages({ origin, 'sec-fetch-site': site }: IncomingHttpHeaders): void {
  if (origin === undefined && (site === undefined || site === 'none')) return
  throw new RefusedError(403, 'a web page may send records only with a token; none is configured')
}

function hash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

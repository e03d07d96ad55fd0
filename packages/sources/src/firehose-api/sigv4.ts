import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { AwsRefusal } from './aws-refusal.js'

/** Keys that requests may be signed with. */
export interface AccessKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** The parts of a request that its signature covers. */
export interface SignedRequest {
  readonly method: string
  /** Path and query, as sent. */
  readonly target: string
  /** By lower-case name, as Node gives them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** Where and as what a signature must be meant. */
export interface SignatureScope {
  readonly service: string
  /** Any region is right where it is undefined. */
  readonly region?: string
}

/** A signature, taken apart; the body is not needed for it. */
export interface ReadSignature {
  readonly key: AccessKey
  readonly date: string
  readonly scope: string
  readonly signedHeaders: readonly string[]
  readonly signature: Buffer
}

const ALGORITHM = 'AWS4-HMAC-SHA256'
const LARGEST_SKEW_MS = 15 * 60_000
const AMZ_DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/

/** Checks Signature Version 4, as AWS documents it, against a set of keys; secrets are compared in constant time. */
export class SignatureCheck {
  private readonly keys: ReadonlyMap<string, AccessKey>
  /** Of the last day each key was used on: deriving one takes four hashes. */
  private readonly signingKeys = new Map<string, { readonly scope: string; readonly key: Buffer }>()

  constructor(
    keys: readonly AccessKey[],
    private readonly scope: SignatureScope,
  ) {
    this.keys = new Map(keys.map((key) => [key.accessKeyId, key]))
  }

  /** Reads the signature of a request before its body is read. Throws an AwsRefusal where it cannot be right. */
  read({ headers }: SignedRequest, nowMs: number): ReadSignature {
    const header = one(headers.authorization)
    if (header === undefined) throw new AwsRefusal('MissingAuthenticationTokenException', 'Missing Authentication Token')
    if (!header.startsWith(`${ALGORITHM} `)) throw incomplete(`the algorithm must be ${ALGORITHM}`)
    const parts = new Map(
      header
        .slice(ALGORITHM.length + 1)
        .split(',')
        .map((part) => {
          const equals = part.indexOf('=')
          return [part.slice(0, equals).trim(), part.slice(equals + 1).trim()] as const
        }),
    )
    const [credential, signedHeaders, signature] = [parts.get('Credential'), parts.get('SignedHeaders'), parts.get('Signature')]
    if (credential === undefined || signedHeaders === undefined || signature === undefined || !/^[0-9a-f]{64}$/.test(signature)) {
      throw incomplete('Credential, SignedHeaders and Signature are needed')
    }
    const [accessKeyId, day, region, service, terminator, ...more] = credential.split('/')
    if (terminator !== 'aws4_request' || more.length > 0) throw incomplete('Credential must be KEY/DATE/REGION/SERVICE/aws4_request')
    const key = this.keys.get(accessKeyId)
    if (key === undefined) throw new AwsRefusal('UnrecognizedClientException', 'The security token included in the request is invalid.')
    const date = one(headers['x-amz-date'])
    if (date === undefined) throw incomplete('X-Amz-Date is needed')
    const names = signedHeaders.split(';')
    if (!names.includes('host') || !names.includes('x-amz-date')) throw incomplete('host and x-amz-date must be signed')
    if (service !== this.scope.service || (this.scope.region !== undefined && region !== this.scope.region) || !date.startsWith(day)) {
      const expected = `${this.scope.region ?? 'a region'}/${this.scope.service}`
      throw new AwsRefusal('InvalidSignatureException', `Credential should be scoped to ${expected} and to the date of the request.`)
    }
    checkSkew(date, nowMs)
    return { key, date, scope: `${day}/${region}/${service}/aws4_request`, signedHeaders: names, signature: Buffer.from(signature, 'hex') }
  }

  /** Throws an AwsRefusal unless the signature is of this request with this body. */
  verify(request: SignedRequest, read: ReadSignature, body: Uint8Array): void {
    const hash = sha256(body)
    const stated = one(request.headers['x-amz-content-sha256'])
    if (stated !== undefined && stated !== 'UNSIGNED-PAYLOAD' && stated !== hash) throw mismatch()
    const toSign = [ALGORITHM, read.date, read.scope, sha256(canonicalRequest(request, read.signedHeaders, stated ?? hash))].join('\n')
    const expected = createHmac('sha256', this.signingKey(read)).update(toSign).digest()
    if (!timingSafeEqual(expected, read.signature)) throw mismatch()
  }

  private signingKey({ key: { accessKeyId, secretAccessKey }, scope }: ReadSignature): Buffer {
    const known = this.signingKeys.get(accessKeyId)
    if (known?.scope === scope) return known.key
    const key = scope.split('/').reduce<string | Buffer>((secret, part) => createHmac('sha256', secret).update(part).digest(), `AWS4${secretAccessKey}`) as Buffer
    this.signingKeys.set(accessKeyId, { scope, key })
    return key
  }
}

function canonicalRequest({ method, target, headers }: SignedRequest, signedHeaders: readonly string[], bodyHash: string): string {
  const [path, query = ''] = target.split('?', 2)
  const canonicalHeaders = signedHeaders.map((name) => `${name}:${[headers[name]].flat().join(',').trim().replaceAll(/ +/g, ' ')}\n`).join('')
  return [method, path === '' ? '/' : path, canonicalQuery(query), canonicalHeaders, signedHeaders.join(';'), bodyHash].join('\n')
}

function canonicalQuery(query: string): string {
  if (query === '') return ''
  return query
    .split('&')
    .map((pair) => (pair.includes('=') ? pair : `${pair}=`))
    .sort()
    .join('&')
}

function checkSkew(date: string, nowMs: number): void {
  const parts = AMZ_DATE.exec(date)
  if (parts === null) throw incomplete('X-Amz-Date must be like 20260301T123456Z')
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number)
  const skewMs = Math.abs(Date.UTC(year, month - 1, day, hour, minute, second) - nowMs)
  if (skewMs > LARGEST_SKEW_MS) {
    throw new AwsRefusal('InvalidSignatureException', `Signature expired or not yet current: ${date} is ${Math.round(skewMs / 1000)} s from the time here, and at most ${LARGEST_SKEW_MS / 60_000} minutes are allowed.`)
  }
}

function mismatch(): AwsRefusal {
  return new AwsRefusal(
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
  )
}

function incomplete(what: string): AwsRefusal {
  return new AwsRefusal('IncompleteSignatureException', `Authorization header: ${what}.`)
}

function one(header: string | string[] | undefined): string | undefined {
  return [header].flat()[0]
}

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

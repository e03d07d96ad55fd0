/** The JSON object that a text is; undefined where it is anything else. */
export function readJsonObject(text: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text.toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** In whole groups of four; the last may be padded. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** The bytes that a member of a request has as base64 (RFC 4648, 4); undefined where it is none. */
export function readBase64(member: unknown): Buffer | undefined {
  return typeof member === 'string' && member.length % 4 === 0 && BASE64.test(member) ? Buffer.from(member, 'base64') : undefined
}

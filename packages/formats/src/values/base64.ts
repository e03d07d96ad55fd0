/** The bytes a base64 text stands for (RFC 4648 section 4, padded); undefined where it is not canonical base64. */
export function base64Bytes(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** The text of a payload, or undefined where it is not UTF-8. A byte order mark is left out. */
export function payloadText(payload: Uint8Array): string | undefined {
  try {
    return UTF8.decode(payload)
  } catch {
    return undefined
  }
}

/** The JSON value that a payload is; or what is wrong with it, without its content. */
export function parsePayload(payload: Uint8Array): { readonly value: unknown } | { readonly problem: string } {
  const text = payloadText(payload)
  if (text === undefined) return { problem: 'the payload is not UTF-8' }
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return { problem: 'the payload is not JSON' }
  }
}

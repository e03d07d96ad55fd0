import type { Pull } from './pull.js'

const ALIASES: Readonly<Record<string, string>> = { cp949: 'euc-kr', ms949: 'euc-kr', uhc: 'euc-kr', utf8: 'utf-8', 'utf-16': 'utf-16le' }

/** The name that TextDecoder knows an encoding by (`cp949` is its `euc-kr`), or undefined where it knows none. */
export function encodingLabel(name: string): string | undefined {
  const label = ALIASES[name.toLowerCase()] ?? name
  try {
    return new TextDecoder(label).encoding
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** A byte-order mark decides, else what is configured. `markBytes` is its length where the text needs no decoding. */
export function detectEncoding(start: Uint8Array, configured: string): { readonly label: string; readonly markBytes: number } {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return { label: 'utf-8', markBytes: 3 }
  if (start[0] === 0xff && start[1] === 0xfe) return { label: 'utf-16le', markBytes: 0 }
  if (start[0] === 0xfe && start[1] === 0xff) return { label: 'utf-16be', markBytes: 0 }
  return { label: configured, markBytes: 0 }
}

/** A stream in another encoding as UTF-8, without its byte-order mark. Bytes that mean nothing become U+FFFD. */
export function transcode(pull: Pull, label: string): { readonly pull: Pull; flush(): Uint8Array | undefined } {
  const decoder = new TextDecoder(label)
  const encode = (text: string): Uint8Array | undefined => (text === '' ? undefined : Buffer.from(text, 'utf8'))
  return {
    async pull() {
      for (;;) {
        const chunk = await pull()
        if (chunk === undefined) return undefined
        const bytes = encode(decoder.decode(chunk, { stream: true }))
        if (bytes !== undefined) return bytes
      }
    },
    flush: () => encode(decoder.decode()),
  }
}

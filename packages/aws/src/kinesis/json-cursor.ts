const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const COLON = 0x3a
const N = 0x6e

/** What a cursor found that is no JSON. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError'

  constructor(at: number) {
    super(`no valid JSON at byte ${at}`)
  }
}

/**
 * Walks JSON in a buffer without making an object of it: answers of megabytes are mostly base64, which only needs its
 * place. It checks no more than it needs to find its way. Throws JsonSyntaxError.
 */
export class JsonCursor {
  at = 0
  /** The last string, without its quotes: `[start, end)`. */
  start = 0
  end = 0

  constructor(readonly bytes: Buffer) {}

  /** Calls `member` for each member of the object at the cursor, with the cursor at its value, which it must read or skip. */
  object(member: (key: string) => void): void {
    this.expect(OPEN_OBJECT)
    if (this.take(CLOSE_OBJECT)) return
    do {
      this.string()
      const key = this.text()
      this.expect(COLON)
      member(key)
    } while (this.take(COMMA))
    this.expect(CLOSE_OBJECT)
  }

  /** Calls `element` for each element of the array at the cursor, with the cursor at it; `null` is an empty one. */
  array(element: () => void): void {
    if (this.peek() === N) {
      this.skip()
      return
    }
    this.expect(OPEN_ARRAY)
    if (this.take(CLOSE_ARRAY)) return
    do element()
    while (this.take(COMMA))
    this.expect(CLOSE_ARRAY)
  }

  /** Finds the string at the cursor; {@link text} gives it. */
  string(): void {
    this.expect(QUOTE)
    const { bytes } = this
    this.start = this.at
    for (let from = this.at; ;) {
      const quote = bytes.indexOf(QUOTE, from)
      if (quote < 0) throw new JsonSyntaxError(this.at)
      let slashes = quote
      while (slashes > this.start && bytes[slashes - 1] === BACKSLASH) slashes--
      if ((quote - slashes) % 2 === 0) {
        this.end = quote
        this.at = quote + 1
        return
      }
      from = quote + 1
    }
  }

  /** The last string as text. */
  text(): string {
    return textOf(this.bytes, this.start, this.end)
  }

  /** The string at the cursor; undefined for null. */
  stringValue(): string | undefined {
    if (this.peek() === N) {
      this.skip()
      return undefined
    }
    this.string()
    return this.text()
  }

  /** The number at the cursor; a string of one is read as well. */
  number(): number {
    if (this.peek() === QUOTE) {
      this.string()
      return Number(this.text())
    }
    const start = this.at
    this.skip()
    return Number(this.bytes.toString('latin1', start, this.at))
  }

  /** Passes over the value at the cursor. */
  skip(): void {
    const first = this.peek()
    if (first === QUOTE) this.string()
    else if (first === OPEN_OBJECT) this.object(() => this.skip())
    else if (first === OPEN_ARRAY) this.array(() => this.skip())
    else {
      const start = this.at
      while (this.at < this.bytes.length && isScalar(this.bytes[this.at])) this.at++
      if (this.at === start) throw new JsonSyntaxError(start)
    }
  }

  private peek(): number {
    while (this.bytes[this.at] <= 0x20) this.at++
    return this.bytes[this.at]
  }

  private take(byte: number): boolean {
    if (this.peek() !== byte) return false
    this.at++
    return true
  }

  private expect(byte: number): void {
    if (!this.take(byte)) throw new JsonSyntaxError(this.at)
  }
}

/** The text of a JSON string between its quotes. */
export function textOf(bytes: Buffer, start: number, end: number): string {
  let plain = true
  for (let i = start; i < end; i++) {
    if (bytes[i] === BACKSLASH) return JSON.parse(`"${bytes.toString('utf8', start, end)}"`) as string
    if (bytes[i] > 0x7f) plain = false
  }
  return bytes.toString(plain ? 'latin1' : 'utf8', start, end)
}

function isScalar(byte: number): boolean {
  return byte !== COMMA && byte !== CLOSE_OBJECT && byte !== CLOSE_ARRAY && byte > 0x20
}

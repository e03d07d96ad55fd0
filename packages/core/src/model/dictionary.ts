const EMPTY = new Uint8Array(0)
const NO_TABLE = new Int32Array(0)
// A byte order mark at the start of a value belongs to it.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Hash of `bytes[start, end)`, the one every {@link Dictionary} uses: four bytes at a time, little-endian, the last ones filled up
 * with zeros. The scanner's `hashBytes` (packages/formats/assembly/memory.ts) must give the same.
 */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0
  let i = start
  for (const last = end - 3; i < last; i += 4) {
    hash = Math.imul(hash ^ (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24)), 0x85ebca6b)
    hash ^= hash >>> 13
  }
  if (i < end) {
    let word = bytes[i]
    if (i + 1 < end) word |= bytes[i + 1] << 8
    if (i + 2 < end) word |= bytes[i + 2] << 16
    hash = Math.imul(hash ^ word, 0x85ebca6b)
    hash ^= hash >>> 13
  }
  hash = Math.imul(hash ^ (end - start), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

/** Slots looked at before a value is added without a further look: whoever chooses the values could make all of them take long to find. */
const MAX_PROBES = 64

/** What a dictionary consists of, made elsewhere: see {@link Dictionary.of}. */
export interface DictionaryParts {
  readonly bytes: Uint8Array
  /** One more than there are values. */
  readonly offsets: Int32Array
  /** By {@link hashBytes}; of values of a dictionary that is not unique, anything. */
  readonly hashes: Int32Array
  readonly unique: boolean
}

/**
 * Byte strings by number, in order of first appearance: what a string column points into.
 * Values are unique as long as they come through `intern…`; `append` adds without looking (for columns
 * that hardly repeat), and so does `intern…` from then on. Values are stored one after another, so a value is a range, not an object.
 */
export class Dictionary {
  /** Number of values. */
  size = 0
  /** All values, one after another; only `offsets[size]` bytes are in use. */
  bytes: Uint8Array
  /** Value `i` is `bytes[offsets[i], offsets[i + 1])`. */
  offsets: Int32Array
  /** False once `append` was used: two numbers may then stand for equal values. */
  unique = true
  private hashes: Int32Array
  private table: Int32Array
  private texts: (string | undefined)[] = []

  constructor(capacity = 64) {
    this.bytes = new Uint8Array(capacity * 16)
    this.offsets = new Int32Array(capacity + 1)
    this.hashes = new Int32Array(capacity)
    this.table = new Int32Array(tableSize(capacity))
  }

  /** A dictionary of values that were numbered elsewhere; takes the arrays over. */
  static of({ bytes, offsets, hashes, unique }: DictionaryParts): Dictionary {
    const dictionary = new Dictionary(0)
    dictionary.size = offsets.length - 1
    dictionary.bytes = bytes
    dictionary.offsets = offsets
    dictionary.hashes = hashes
    dictionary.unique = unique
    // Most are only read: the table is made when a value is looked up.
    dictionary.table = NO_TABLE
    return dictionary
  }

  /** Number of the value `source[start, end)`, added if new. `hash` must be `hashBytes` of the range. */
  internBytes(source: Uint8Array, start: number, end: number, hash = hashBytes(source, start, end)): number {
    // Values added without a look are not in the table.
    if (!this.unique) return this.append(source, start, end)
    if (this.table === NO_TABLE) this.fillTable(tableSize(this.size))
    const mask = this.table.length - 1
    const length = end - start
    const first = hash & mask
    let slot = first
    let entry: number
    while ((entry = this.table[slot]) !== 0) {
      const index = entry - 1
      if (this.hashes[index] === hash) {
        const at = this.offsets[index]
        if (this.offsets[index + 1] - at === length) {
          let k = 0
          while (k < length && this.bytes[at + k] === source[start + k]) k++
          if (k === length) return index
        }
      }
      slot = (slot + 1) & mask
      if (((slot - first) & mask) === MAX_PROBES) return this.append(source, start, end)
    }
    const index = this.push(source, start, end, hash)
    if (this.size * 2 > this.table.length) this.fillTable(this.table.length * 4)
    else this.table[slot] = index + 1
    return index
  }

  /** Number of a text, as UTF-8. */
  internText(text: string): number {
    const bytes = Buffer.from(text, 'utf8')
    return this.internBytes(bytes, 0, bytes.length)
  }

  /** Number in this dictionary of value `index` of another one, added if new. */
  internFrom(other: Dictionary, index: number): number {
    return this.internBytes(other.bytes, other.offsets[index], other.offsets[index + 1], other.hashes[index])
  }

  /** Adds a value without looking for an equal one; {@link unique} is false from then on. */
  append(source: Uint8Array, start: number, end: number): number {
    this.unique = false
    return this.push(source, start, end, 0)
  }

  /** What it consists of, without what is not in use; {@link Dictionary.of} makes it anew. The arrays may be its own. */
  parts(): DictionaryParts {
    const { size, unique } = this
    const exact = <T extends { readonly length: number; slice(from: number, to: number): T }>(array: T, length: number): T => (array.length === length ? array : array.slice(0, length))
    return { bytes: exact(this.bytes, this.offsets[size]), offsets: exact(this.offsets, size + 1), hashes: exact(this.hashes, size), unique }
  }

  /** The bytes of value `index`: a view that stays valid until the next value is added. */
  valueAt(index: number): Uint8Array {
    if (this.size === 0) return EMPTY
    return this.bytes.subarray(this.offsets[index], this.offsets[index + 1])
  }

  /** Value `index` as text (UTF-8), decoded once. */
  textAt(index: number): string {
    const known = this.texts[index]
    if (known !== undefined) return known
    const text = decoder.decode(this.valueAt(index))
    this.texts[index] = text
    return text
  }

  /** Bytes held in memory, for the budget. */
  get memoryBytes(): number {
    return this.bytes.length + this.offsets.byteLength + this.hashes.byteLength + this.table.byteLength
  }

  private push(source: Uint8Array, start: number, end: number, hash: number): number {
    const index = this.size
    const at = this.offsets[index]
    const next = at + end - start
    if (next > this.bytes.length) this.bytes = grown(this.bytes, next, (n) => new Uint8Array(n))
    if (index + 1 >= this.offsets.length) this.offsets = grown(this.offsets, index + 2, (n) => new Int32Array(n))
    if (end - start > 32) this.bytes.set(source.subarray(start, end), at)
    else for (let k = start, to = at; k < end; k++, to++) this.bytes[to] = source[k]
    this.offsets[index + 1] = next
    if (index >= this.hashes.length) this.hashes = grown(this.hashes, index + 1, (n) => new Int32Array(n))
    this.hashes[index] = hash
    this.size = index + 1
    return index
  }

  private fillTable(slots: number): void {
    this.table = new Int32Array(slots)
    const mask = slots - 1
    for (let index = 0; index < this.size; index++) {
      let slot = this.hashes[index] & mask
      while (this.table[slot] !== 0) slot = (slot + 1) & mask
      this.table[slot] = index + 1
    }
  }
}

function tableSize(capacity: number): number {
  let size = 16
  while (size < capacity * 2) size *= 2
  return size
}

/** A copy of `array` with room for at least `needed` elements, at least doubled. */
export function grown<T extends { readonly length: number; set(from: T): void }>(
  array: T,
  needed: number,
  allocate: (length: number) => T,
): T {
  const larger = allocate(Math.max(needed, array.length * 2, 16))
  larger.set(array)
  return larger
}

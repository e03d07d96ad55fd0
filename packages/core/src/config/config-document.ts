import { valueAt, type ConfigPath } from './config-path.js'

/** Finds where in a text something stands; lines and columns from 1. */
export type Locate = (
  path: ConfigPath,
  at: 'key' | 'value',
  offset: number | undefined,
) => { readonly line: number; readonly column: number }

/** A value that came from the environment or a secret file, and what stands for it in the text. */
export interface TakenValue {
  readonly value: string
  readonly written: string
}

/** What a {@link ConfigDocument} is made of. */
export interface ConfigDocumentParts {
  readonly file: string
  readonly root: ConfigPath
  readonly value: unknown
  readonly written: unknown
  readonly wholes: readonly ConfigPath[]
  readonly taken: readonly TakenValue[]
  readonly locate: Locate
}

/** One configuration: its values, how they were written, and where each stands. */
export class ConfigDocument {
  /** As given to the loader; empty where the configuration is a JavaScript object. */
  readonly file: string
  /** Where this configuration stands in its YAML document: `['pipelines', 0]`, or empty. */
  readonly root: ConfigPath
  /** With everything filled in. */
  readonly value: unknown
  /** The same with `${…}` as it was written: what may be printed and stored. */
  readonly written: unknown
  /** Texts that are one `${…}` and nothing else: where a number is wanted, they are read as one. */
  readonly wholes: readonly ConfigPath[]
  private readonly taken: readonly TakenValue[]
  private readonly locate: Locate

  constructor(parts: ConfigDocumentParts) {
    this.file = parts.file
    this.root = parts.root
    this.value = parts.value
    this.written = parts.written
    this.wholes = parts.wholes
    this.taken = [...parts.taken].sort((a, b) => b.value.length - a.value.length)
    this.locate = parts.locate
  }

  /** A configuration given as a JavaScript object: there is no text to point at, and nothing is filled in. */
  static ofObject(value: unknown): ConfigDocument {
    const locate: Locate = () => ({ line: 0, column: 0 })
    return new ConfigDocument({ file: '', root: [], value, written: value, wholes: [], taken: [], locate })
  }

  /** The part at a path, as a configuration of its own. */
  part(path: ConfigPath): ConfigDocument {
    const { file, taken, locate } = this
    return new ConfigDocument({
      file,
      taken,
      root: [...this.root, ...path],
      value: valueAt(this.value, path),
      written: valueAt(this.written, path),
      wholes: this.wholes.filter((whole) => startsWith(whole, path)).map((whole) => whole.slice(path.length)),
      locate: (inner, at, offset) => locate([...path, ...inner], at, offset),
    })
  }

  /** Line and column of a key or value; of the nearest mapping around it where it is not there. Zeros without a text. */
  position(path: ConfigPath, at: 'key' | 'value', offset?: number): { readonly line: number; readonly column: number } {
    return this.locate(path, at, offset)
  }

  /** A text with every value that came from the environment or a secret file put back as it was written. */
  redact(text: string): string {
    let redacted = text
    for (const { value, written } of this.taken) {
      if (value === '') continue
      for (const form of new Set([value, JSON.stringify(value).slice(1, -1)])) {
        redacted =
          form.length >= PLAINLY_SECRET
            ? redacted.replaceAll(form, () => written)
            : redacted.replaceAll(wholeWord(form), () => written)
      }
    }
    return redacted
  }
}

/** Shorter values are put back only where they stand alone: `o` is in too many words. */
const PLAINLY_SECRET = 8

function wholeWord(text: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}])${text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'gu')
}

/** Whether a path lies at or under another one. */
export function startsWith(path: ConfigPath, start: ConfigPath): boolean {
  return start.every((step, index) => path[index] === step)
}

import type { MemberPath, Refusal } from './refusal.js'

/** The keys of a section of a pipeline: each is taken once, and what is left is refused by name. */
export class Members {
  private readonly left: Map<string, unknown>

  constructor(
    section: unknown,
    readonly at: MemberPath,
    private readonly refusals: Refusal[],
  ) {
    this.left = new Map(Object.entries(typeof section === 'object' && section !== null ? section : {}))
  }

  /** A member, or undefined. */
  take(name: string): unknown {
    const value = this.left.get(name)
    this.left.delete(name)
    return value
  }

  /** A member that is a text, or undefined. */
  text(name: string): string | undefined {
    const value = this.take(name)
    return value === undefined || typeof value === 'string' ? value : JSON.stringify(value)
  }

  /** The members of a member. */
  members(name: string): Members {
    return new Members(this.take(name), [...this.at, name], this.refusals)
  }

  /** The one key of a choice such as `{ s3: … }` or `raw`, with its options. */
  choice(name: string): { readonly name: string; readonly options: Members } | undefined {
    const value = this.take(name)
    if (value === undefined) return undefined
    const [chosen, options] = typeof value === 'string' ? [value, {}] : (Object.entries(value as object)[0] ?? ['', {}])
    return { name: chosen, options: new Members(options, [...this.at, name, ...(typeof value === 'string' ? [] : [chosen])], this.refusals) }
  }

  has(name: string): boolean {
    return this.left.has(name)
  }

  refuse(name: string | undefined, message: string): void {
    this.refusals.push({ path: name === undefined ? this.at : [...this.at, name], message, kind: 'unsupported' })
  }

  /** Refuses what was not taken. */
  refuseRest(why: (name: string) => string): void {
    for (const name of this.left.keys()) this.refuse(name, why(name))
  }
}

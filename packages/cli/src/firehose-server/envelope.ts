import { AwsRefusal } from '@standpipe/sources'
import { validationFailed } from './refusals.js'

/** The members of an operation's input, as they came. */
export type Input = Readonly<Record<string, unknown>>

/** A tag of a delivery stream. */
export interface Tag {
  readonly Key: string
  readonly Value?: string
}

const STREAM_NAME = /^[a-zA-Z0-9_.-]+$/

/** Reads the members of an operation's input by the API's constraints (FH-API 2015-08-04); tells all that are broken at once, by {@link check}. */
export class Envelope {
  private readonly failures: [path: string, constraint: string][] = []

  constructor(private readonly input: Input) {}

  /** Throws an AwsRefusal where anything that was read is not as it must be. */
  check(): void {
    if (this.failures.length > 0) throw validationFailed(this.failures)
  }

  /** `DeliveryStreamName`; empty where it fails. */
  streamName(member = 'DeliveryStreamName'): string {
    return this.text(member, { most: 64, pattern: STREAM_NAME }) ?? this.missing(member)
  }

  /** `DeliveryStreamName` where it need not be there. */
  optionalStreamName(member: string): string | undefined {
    return this.text(member, { most: 64, pattern: STREAM_NAME })
  }

  /** A text that must be there. */
  requiredText(member: string, constraints: { readonly most: number; readonly pattern?: RegExp }): string {
    return this.text(member, constraints) ?? this.missing(member)
  }

  /** A text of 1 to `most` characters. */
  text(member: string, { most, pattern }: { readonly most: number; readonly pattern?: RegExp }): string | undefined {
    const value = this.input[member]
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'string') throw wrongType(member, 'a string')
    if (value.length < 1) this.fail(member, 'Member must have length greater than or equal to 1')
    else if (value.length > most) this.fail(member, `Member must have length less than or equal to ${most}`)
    else if (pattern?.test(value) === false) this.fail(member, `Member must satisfy regular expression pattern: ${pattern.source.slice(1, -1)}`)
    return value
  }

  /** A whole number from 1 to `most`. */
  wholeNumber(member: string, most: number): number | undefined {
    const value = this.input[member]
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(member, 'an integer')
    if (value < 1) this.fail(member, 'Member must have value greater than or equal to 1')
    else if (value > most) this.fail(member, `Member must have value less than or equal to ${most}`)
    return value
  }

  /** One of some words. */
  oneOf<Word extends string>(member: string, words: readonly Word[]): Word | undefined {
    const value = this.input[member]
    if (value === undefined || value === null) return undefined
    if (!words.includes(value as Word)) this.fail(member, `Member must satisfy enum value set: [${words.join(', ')}]`)
    return value as Word
  }

  /** A truth value; false where it is not there. */
  flag(member: string): boolean {
    const value = this.input[member]
    if (value === undefined || value === null) return false
    if (typeof value !== 'boolean') throw wrongType(member, 'a boolean')
    return value
  }

  /** `Tags`: 1 to 50 of them, which must be there. */
  tags(): readonly Tag[] {
    return this.list('Tags').map((given, i) => {
      const at = `tags.${i + 1}.member`
      const { Key, Value } = (given ?? {}) as { Key?: unknown; Value?: unknown }
      if (typeof Key !== 'string') this.failures.push([`${at}.key`, 'Member must not be null'])
      else this.checkTagKey(`${at}.key`, Key)
      if (Value !== undefined && Value !== null && typeof Value !== 'string') throw wrongType(`${at}.value`, 'a string')
      if (typeof Value === 'string' && Value.length > 256) this.failures.push([`${at}.value`, 'Member must have length less than or equal to 256'])
      return { Key: String(Key), ...(typeof Value === 'string' ? { Value } : {}) }
    })
  }

  /** `TagKeys`: 1 to 50 of them, which must be there. */
  tagKeys(): readonly string[] {
    return this.list('TagKeys').map((key, i) => {
      if (typeof key !== 'string') throw wrongType('TagKeys', 'a list of strings')
      this.checkTagKey(`tagKeys.${i + 1}.member`, key)
      return key
    })
  }

  private list(member: string): readonly unknown[] {
    const value = this.input[member]
    if (value === undefined || value === null) {
      this.fail(member, 'Member must not be null')
      return []
    }
    if (!Array.isArray(value)) throw wrongType(member, 'a list')
    if (value.length < 1) this.fail(member, 'Member must have length greater than or equal to 1')
    if (value.length > 50) this.fail(member, 'Member must have length less than or equal to 50')
    return value as unknown[]
  }

  private checkTagKey(path: string, key: string): void {
    if (key.length < 1) this.failures.push([path, 'Member must have length greater than or equal to 1'])
    else if (key.length > 128) this.failures.push([path, 'Member must have length less than or equal to 128'])
    else if (/^aws:/i.test(key)) this.failures.push([path, 'Member must not begin with aws:'])
  }

  private missing(member: string): string {
    this.fail(member, 'Member must not be null')
    return ''
  }

  private fail(member: string, constraint: string): void {
    this.failures.push([member.charAt(0).toLowerCase() + member.slice(1), constraint])
  }
}

function wrongType(member: string, expected: string): AwsRefusal {
  return new AwsRefusal('SerializationException', `${member} must be ${expected}`)
}

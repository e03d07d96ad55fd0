import { awsErrorStatus } from '@standpipe/aws'

/** What a store does about `If-None-Match: *`: sends it, leaves it out, or finds out first whether the endpoint heeds it. */
export type ConditionalWritesChoice = 'send' | 'omit' | 'probe'

/** The header of a write that must not replace anything, or none. */
export interface WriteCondition {
  readonly IfNoneMatch?: '*'
}

/**
 * Whether the writes of a store carry `If-None-Match: *`. A second safety, since keys are unique: nothing rests
 * on it, so an endpoint that does not know it is written to without it.
 */
export class ConditionalWrites {
  constructor(private state: ConditionalWritesChoice) {}

  /** Whether it has yet to be found out if the endpoint heeds conditions; until then they are left out. */
  get isUnknown(): boolean {
    return this.state === 'probe'
  }

  settle(state: 'send' | 'omit'): void {
    this.state = state
  }

  /** Sends a write with the condition, where it is used; after a 501 without it, from then on. */
  async send<T>(write: (condition: WriteCondition) => Promise<T>): Promise<T> {
    if (this.state !== 'send') return write({})
    try {
      return await write({ IfNoneMatch: '*' })
    } catch (error) {
      if (awsErrorStatus(error) !== 501) throw error
      this.settle('omit')
      return write({})
    }
  }
}

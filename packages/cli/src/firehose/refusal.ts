/** Where something stands in a definition: `['ExtendedS3DestinationConfiguration', 'Prefix']`. */
export type MemberPath = readonly (string | number)[]

/** Why a definition cannot be run, and which member says so. */
export interface Refusal {
  readonly path: MemberPath
  readonly message: string
  /** `shape`: not what the API takes; `rule`: the API takes each member, but not together; `unsupported`: Firehose can, Standpipe cannot. */
  readonly kind: 'shape' | 'rule' | 'unsupported'
}

/** What is carried over and yet not the same as with Firehose; nobody has to act. */
export interface Note {
  readonly path: MemberPath
  readonly message: string
}

/** A path as AWS writes it: `ExtendedS3DestinationConfiguration.ProcessingConfiguration.Processors[0].Type`. */
export function memberPathText(path: MemberPath): string {
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('')
}

/** Collects all that is to be said of a definition. */
export class Findings {
  readonly refusals: Refusal[] = []
  readonly notes: Note[] = []

  /** Says that Standpipe cannot do what a member asks for. */
  unsupported(path: MemberPath, message: string): void {
    this.refusals.push({ path, message, kind: 'unsupported' })
  }

  /** Says that members do not go together. */
  breaksRule(path: MemberPath, message: string): void {
    this.refusals.push({ path, message, kind: 'rule' })
  }

  /** Says what differs. */
  note(path: MemberPath, message: string): void {
    this.notes.push({ path, message })
  }
}

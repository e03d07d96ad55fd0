import { formatPath, valueAt, type ConfigPath } from './config-path.js'
import type { ConfigDocument } from './config-document.js'

/** Something wrong with a configuration, with its place. Never holds a value that came from the environment or a secret file. */
export interface Problem {
  /** As it was given to the loader; empty for a configuration that is a JavaScript object. */
  readonly file: string
  /** From 1; 0 where there is no text to point at. */
  readonly line: number
  /** From 1, in UTF-16 units; 0 where there is no text to point at. */
  readonly column: number
  /** `source.file.path`; empty for the whole file. */
  readonly path: string
  readonly message: string
  /** What would be right there: `a duration with its unit, like 30s or 5m`. */
  readonly expected?: string
  /** What to do about it: ``did you mean `path`?``. */
  readonly hint?: string
  readonly severity: 'error' | 'warning'
}

/** What a problem says besides its path and message. */
export interface ProblemDetail {
  /** Point at the key, at the value (the default), or, for what is missing, at the key of the mapping it is missing from. */
  readonly at?: 'key' | 'value'
  /** Offset in the text at the path; ignored where the text was filled in, unless it is one in the text as written. */
  readonly offset?: number
  readonly offsetIn?: 'written'
  readonly expected?: string
  readonly hint?: string
}

/** Collects the problems of one document, all of them, each with its place. */
export class ProblemLog {
  constructor(
    readonly document: ConfigDocument,
    private readonly problems: Problem[],
  ) {}

  error(path: ConfigPath, message: string, detail: ProblemDetail = {}): void {
    this.add('error', path, message, detail)
  }

  warn(path: ConfigPath, message: string, detail: ProblemDetail = {}): void {
    this.add('warning', path, message, detail)
  }

  /** Number of errors so far, over all documents that share the list. */
  get errorCount(): number {
    return this.problems.filter((problem) => problem.severity === 'error').length
  }

  /** Warnings so far, over all documents that share the list. */
  get warnings(): readonly Problem[] {
    return this.problems.filter((problem) => problem.severity === 'warning')
  }

  /** A log for another document whose problems go to the same list. */
  forDocument(document: ConfigDocument): ProblemLog {
    return new ProblemLog(document, this.problems)
  }

  /** Takes problems that were found elsewhere. */
  take(problems: readonly Problem[]): void {
    this.problems.push(...problems)
  }

  private add(severity: Problem['severity'], path: ConfigPath, message: string, detail: ProblemDetail): void {
    const { document } = this
    const hasOffset = detail.offsetIn === 'written' || valueAt(document.value, path) === valueAt(document.written, path)
    this.problems.push({
      file: document.file,
      ...document.position(path, detail.at ?? 'value', hasOffset ? detail.offset : undefined),
      path: formatPath([...document.root, ...path]),
      message: document.redact(message),
      ...(detail.expected === undefined ? {} : { expected: detail.expected }),
      ...(detail.hint === undefined ? {} : { hint: document.redact(detail.hint) }),
      severity,
    })
  }
}

import { dirname, isAbsolute, join } from 'node:path'
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type Node } from 'yaml'
import { ConfigDocument, type TakenValue } from './config-document.js'
import type { ConfigPath } from './config-path.js'
import { hasSubstitution, substitute, type ConfigEnvironment } from './environment.js'
import { maskVariables, type MaskedText } from './mask-variables.js'
import { ProblemLog, type Problem } from './problem.js'
import { keyText, locateIn } from './yaml-position.js'

const MAX_FILE_BYTES = 1024 ** 2
const MAX_DEPTH = 64
/** Values after aliases are followed. Far beyond any configuration, and soon reached by an alias that doubles itself. */
const MAX_VALUES = 100_000

/** A YAML text to load. */
export interface ConfigFile {
  /** As problems name it; its folder is where relative paths start. */
  readonly path: string
  readonly text: string
}

/** Documents that could be read, and the problems of all. */
export interface ReadYaml {
  readonly documents: readonly ConfigDocument[]
  readonly problems: readonly Problem[]
}

/**
 * Reads YAML 1.2 (core schema, no custom tags, no merge keys) of up to 1 MiB, one configuration for each
 * document, with `${…}` filled in. Documents with a mistake in their syntax are reported and left out.
 * Never rejects.
 */
export async function readYaml(file: ConfigFile, environment: ConfigEnvironment): Promise<ReadYaml> {
  const problems: Problem[] = []
  const text = file.text.replace(/^\uFEFF/, '')
  const report = (line: number, column: number, message: string, hint?: string): void => {
    problems.push({
      file: file.path,
      line,
      column,
      path: '',
      message,
      severity: 'error',
      ...(hint === undefined ? {} : { hint }),
    })
  }
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_FILE_BYTES) {
    report(1, 1, `this file has ${bytes} bytes; a pipeline file has at most 1 MiB`, 'is this a data file?')
    return { documents: [], problems }
  }
  const lines = new LineCounter()
  const masked = maskVariables(text)
  const parsed = parseAllDocuments(masked.text, {
    lineCounter: lines,
    schema: 'core',
    merge: false,
    prettyErrors: false,
    logLevel: 'silent',
  })
  const documents: ConfigDocument[] = []
  for (const document of parsed) {
    const syntax = [...document.errors, ...document.warnings].filter(({ code }) => code !== 'DUPLICATE_KEY')
    for (const { pos } of document.errors.filter(({ code }) => code === 'DUPLICATE_KEY')) {
      const { line, col } = lines.linePos(pos[0])
      report(line, col, `the key \`${keyAt(text, pos[0])}\` stands twice in this mapping`, 'keep one of them')
    }
    for (const [index, { code, message, pos }] of syntax.entries()) {
      if (index > 0 && code === 'UNEXPECTED_TOKEN') continue // follows from the first
      const { line, col } = lines.linePos(pos[0])
      const hint =
        code === 'TAG_RESOLVE_FAILED'
          ? 'tags are not read; put a text that starts with `!` in quotes'
          : 'put texts with `: `, ` #`, or a `{`, `[`, `*`, `&`, `%` or `@` at their start in quotes'
      report(line, col, `this is not valid YAML: ${masked.unmask(message)}`, hint)
    }
    if (syntax.length > 0 || document.contents === null) continue
    const read = await new DocumentReader(document, file, masked, lines, environment).read()
    documents.push(read.document)
    problems.push(...read.problems)
  }
  if (problems.length === 0 && documents.length === 0)
    report(1, 1, 'this file is empty', '`standpipe init` writes one to start from')
  return { documents, problems }
}

/** Makes plain values of a YAML document. */
class DocumentReader {
  private readonly taken: TakenValue[] = []
  private readonly wholes: ConfigPath[] = []
  private readonly faults: {
    readonly path: ConfigPath
    readonly message: string
    readonly hint?: string
    readonly offset?: number
    readonly at?: 'key'
  }[] = []
  private values = 0

  constructor(
    private readonly yaml: Document,
    private readonly file: ConfigFile,
    private readonly masked: MaskedText,
    private readonly lines: LineCounter,
    private readonly environment: ConfigEnvironment,
  ) {}

  async read(): Promise<{ document: ConfigDocument; problems: readonly Problem[] }> {
    const { value, written } = await this.convert(this.yaml.contents, [])
    const problems: Problem[] = []
    const document = new ConfigDocument({
      file: this.file.path,
      root: [],
      value,
      written,
      wholes: this.wholes,
      taken: this.taken,
      locate: locateIn(this.yaml, this.masked, this.lines),
    })
    const log = new ProblemLog(document, problems)
    for (const { path, message, ...detail } of this.faults) log.error(path, message, { ...detail, offsetIn: 'written' })
    return { document, problems }
  }

  private async convert(node: unknown, path: ConfigPath): Promise<{ value: unknown; written: unknown }> {
    const target = isAlias(node) ? node.resolve(this.yaml) : (node as Node | null | undefined)
    this.values += 1
    if (path.length > MAX_DEPTH || this.values > MAX_VALUES) {
      if (this.values <= MAX_VALUES + 1) {
        const what = path.length > MAX_DEPTH ? `deeper than ${MAX_DEPTH} levels` : `larger than ${MAX_VALUES} values`
        this.faults.push({ path: path.slice(0, 1), message: `this is ${what} once its aliases are followed` })
      }
      this.values = Math.max(this.values, MAX_VALUES + 1)
      return { value: null, written: null }
    }
    if (isMap(target)) return this.convertMap(target.items, path)
    if (isSeq(target)) {
      const value: unknown[] = []
      const written: unknown[] = []
      for (const item of target.items) {
        const entry = await this.convert(item, [...path, value.length])
        value.push(entry.value)
        written.push(entry.written)
      }
      return { value, written }
    }
    if (isScalar(target)) return this.convertScalar(target.value, path)
    return { value: null, written: null }
  }

  private async convertMap(
    items: readonly { readonly key: unknown; readonly value: unknown }[],
    path: ConfigPath,
  ): Promise<{ value: unknown; written: unknown }> {
    const value: Record<string, unknown> = {}
    const written: Record<string, unknown> = {}
    for (const { key, value: node } of items) {
      const name = isScalar(key) ? this.masked.unmask(keyText(key)) : undefined
      if (name === undefined || name === '__proto__') {
        this.faults.push({ path, message: 'a key must be a plain text', hint: 'write `key: value`' })
        continue
      }
      const entry = await this.convert(node, [...path, name])
      value[name] = entry.value
      written[name] = entry.written
    }
    return { value, written }
  }

  private async convertScalar(read: unknown, path: ConfigPath): Promise<{ value: unknown; written: unknown }> {
    const scalar = typeof read === 'string' ? this.masked.unmask(read) : read
    if (typeof scalar !== 'string' || !hasSubstitution(scalar)) return { value: scalar, written: scalar }
    const filled = await substitute(scalar, this.environment, (wanted) => resolveBeside(this.file.path, wanted))
    this.taken.push(...filled.taken)
    if (filled.taken.length > 0) this.taken.push({ value: filled.text, written: scalar })
    if (filled.whole) this.wholes.push(path)
    for (const fault of filled.faults) this.faults.push({ path, ...fault })
    return { value: filled.text, written: scalar }
  }
}

/** A path as a file names it: absolute, or starting at that file's folder. */
export function resolveBeside(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path)
}

function keyAt(text: string, offset: number): string {
  return /^(?:"[^"\n]*"|'[^'\n]*'|[^:\n]*)/.exec(text.slice(offset, offset + 200))?.[0].trim() ?? ''
}

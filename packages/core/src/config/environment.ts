/** What a configuration may read from outside its own text; given by the caller, since only the command line touches the process. */
export interface ConfigEnvironment {
  /** What `${NAME}` stands for. */
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Text of a file, for `${file:…}` and `schema: { file: … }`. Paths are absolute or start at the pipeline file's folder. Rejects where it cannot be read. */
  readFile(path: string): Promise<string>
}

/** One thing wrong with a `${…}`, at an offset in its text. */
export interface SubstitutionFault {
  readonly offset: number
  readonly message: string
  readonly hint?: string
}

/** A text with its `${…}` filled in. */
export interface Substitution {
  readonly text: string
  /** Values that came from outside, with what stands for each in the file; never to be printed. */
  readonly taken: readonly { readonly value: string; readonly written: string }[]
  /** Whether the text is one `${…}` and nothing else. */
  readonly whole: boolean
  readonly faults: readonly SubstitutionFault[]
}

const EXPRESSION = /\$\$\{|\$\{([^}]*)\}?/g
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/

/** Whether a text has anything to fill in, `$${` included. */
export function hasSubstitution(text: string): boolean {
  return text.includes('${')
}

/**
 * Fills in `${NAME}`, `${NAME:-default}` (the default also stands in for an empty value) and
 * `${file:/run/secrets/key}` (without the newline at its end); `$${` is a plain `${`. What is filled in is
 * text: it is neither searched for `${…}` again nor read as YAML.
 */
export async function substitute(
  written: string,
  environment: ConfigEnvironment,
  resolvePath: (path: string) => string,
): Promise<Substitution> {
  const taken: { value: string; written: string }[] = []
  const faults: SubstitutionFault[] = []
  let text = ''
  let at = 0
  let whole = false
  for (const match of written.matchAll(EXPRESSION)) {
    text += written.slice(at, match.index)
    at = match.index + match[0].length
    if (match[0] === '$${') {
      text += '${'
      continue
    }
    whole = match[0].length === written.length
    const found = await read(match, environment, resolvePath)
    if ('message' in found) {
      faults.push({ offset: match.index, ...found })
      text += match[0]
      continue
    }
    text += found.value
    if (found.outside) taken.push({ value: found.value, written: match[0] })
  }
  return { text: text + written.slice(at), taken, whole, faults }
}

type Found = { readonly value: string; readonly outside: boolean } | Omit<SubstitutionFault, 'offset'>

async function read(
  match: RegExpMatchArray,
  environment: ConfigEnvironment,
  resolvePath: (path: string) => string,
): Promise<Found> {
  const [all, inside] = match
  if (!all.endsWith('}')) return { message: '`${` is never closed with `}`', hint: 'for a plain `${` write `$${`' }
  if (inside.startsWith('file:')) return readSecret(inside.slice('file:'.length), environment, resolvePath)
  const [, name, fallback] = VARIABLE.exec(inside) ?? []
  if (name === undefined) {
    return {
      message: `\`${all}\` names no variable`,
      hint: 'write ${NAME}, ${NAME:-default} or ${file:PATH}; for a plain `${` write `$${`',
    }
  }
  const value = Object.hasOwn(environment.variables, name) ? environment.variables[name] : undefined
  if (fallback !== undefined && (value === undefined || value === '')) return { value: fallback, outside: false }
  if (value !== undefined) return { value, outside: true }
  return { message: `the environment variable \`${name}\` is not set`, hint: `set it, or give a default: \${${name}:-default}` }
}

async function readSecret(path: string, environment: ConfigEnvironment, resolvePath: (path: string) => string): Promise<Found> {
  try {
    return { value: (await environment.readFile(resolvePath(path))).replace(/\r?\n$/, ''), outside: true }
  } catch (error) {
    return {
      message: `the file \`${path}\` cannot be read${describeCode(error)}`,
      hint: 'check that it exists and that this process may read it',
    }
  }
}

/** ` (ENOENT)` where the error has a code, else empty. */
export function describeCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
}

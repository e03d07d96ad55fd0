/** Where something stands in a configuration: keys and list indexes from the top. */
export type ConfigPath = readonly (string | number)[]

/** A path as people write it: `sinks[0].s3.roll`. Keys that are not plain words are quoted. */
export function formatPath(path: ConfigPath): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (!/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(step)) text += `[${JSON.stringify(step)}]`
    else text += text === '' ? step : `.${step}`
  }
  return text
}

/** Whether a value is a mapping: an object that is neither null nor a list. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value at a path, or undefined where there is none. Only own keys count. */
export function valueAt(root: unknown, path: ConfigPath): unknown {
  let value = root
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string | number, unknown>)[step]
  }
  return value
}

/** A copy of `root` with another value at a path that exists in it. */
export function replaceAt(root: unknown, path: ConfigPath, value: unknown): unknown {
  if (path.length === 0) return value
  const [step, ...rest] = path
  if (Array.isArray(root))
    return root.map((entry, index) => (index === step ? replaceAt(entry, rest, value) : (entry as unknown)))
  if (!isMapping(root)) return root
  return { ...root, [step]: replaceAt(root[step], rest, value) }
}

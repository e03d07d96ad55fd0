/** A count for people: `12,345`. */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** A count with what is counted: `1 record`, `12,345 records`. */
export function counted(value: number, singular: string): string {
  return `${count(value)} ${singular}${value === 1 ? '' : 's'}`
}

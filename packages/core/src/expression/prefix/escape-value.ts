/** What Hive writes for a partition value that is null or the empty string. */
export const DEFAULT_PARTITION = '__HIVE_DEFAULT_PARTITION__'

// Hive's FileUtils.escapePathName, and NUL. `{` is among them, so that no value can look like an expression.
const UNSAFE = /[\u0000-\u001f"#%'*/:=?\\\u007f{[\]^]/g
const ONLY_DOTS = /^\.+$/

/**
 * A value as part of a key: Hive's unsafe characters as `%XX`, so that different values stay different and
 * none leaves its folder or its segment. Values of dots alone are escaped as well, and the empty string is
 * Hive's default partition, as null is.
 */
export function escapeValue(value: string): string {
  if (value === '') return DEFAULT_PARTITION
  if (value === DEFAULT_PARTITION) return `%5F${DEFAULT_PARTITION.slice(1)}`
  if (ONLY_DOTS.test(value)) return '%2E'.repeat(value.length)
  return value.replace(UNSAFE, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}

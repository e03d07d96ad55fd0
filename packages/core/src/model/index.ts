export * from './schema.js'
export * from './dictionary.js'
export * from './columns.js'
export * from './append-rows.js'
export * from './record-set.js'
export * from './derived-records.js'
export * from './hold.js'
export * from './batch.js'
export * from './errors.js'
export * from './error-codes.js'
export * from './clock.js'
export {
  parseIsoMicros,
  parseIsoDate,
  formatIsoMicros,
  formatIsoDate,
  compileTimePattern,
  TimePatternError,
  isTimeZone,
  findZone,
  type TimePattern,
  type Zone,
} from './time/index.js'
export { parseDecimal, formatDecimal, readInt128, writeInt128 } from './decimal-text.js'
export { parseType, typeFromShorthand, type TypeShorthand } from './type-text.js'
export { readValue, writeValue, rowToObject, appendObject, ValueMismatchError, type RowObject } from './row-objects.js'

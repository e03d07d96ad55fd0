export * from './schema.js'
export * from './dictionary.js'
export * from './columns.js'
export * from './append-rows.js'
export * from './record-set.js'
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

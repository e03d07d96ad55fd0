export { parseIsoMicros, parseIsoDate, formatIsoMicros, formatIsoDate } from './iso-time.js'
export { compileTimePattern, TimePatternError, type TimePattern } from './time-pattern.js'
export { isTimeZone, findZone, type Zone } from './zone.js'

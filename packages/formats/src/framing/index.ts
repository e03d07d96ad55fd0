export type { Framed, Framer, FramerOptions, OversizedRecord } from './framer.js'
export { createLineFramer } from './line-framer.js'
export { createCsvFramer, type CsvFramerOptions } from './csv-framer.js'
export { createJsonArrayFramer } from './json-framer.js'

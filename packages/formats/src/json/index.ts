export { createJsonDecoder } from './decoder.js'
export { readJsonText, MAX_DEPTH, type JsonProblem, type Rest, type SourcePlan, type SourceValue } from './json-text.js'

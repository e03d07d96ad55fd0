export { TestFolder } from './test-folder.js'
export { describeSource } from './describe-source.js'
export type { SourceHarness } from './source-harness.js'
export {
  createSourceRuntime,
  nextEvent,
  readSource,
  recordsOf,
  type ReadRecord,
  type SourceReading,
  type SourceRuntimeOptions,
} from './read-source.js'

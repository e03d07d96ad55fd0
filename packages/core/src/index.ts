export * from './model/index.js'
export * from './component/index.js'
export * from './engine/index.js'
export { compilePrefix, PrefixError, escapeValue, DEFAULT_PARTITION, type CompiledPrefix, type PartitionAssignment, type ObjectNaming, type PrefixOptions } from './expression/prefix/index.js'

export type { CompiledPrefix, PartitionAssignment, ObjectNaming } from './compiled-prefix.js'

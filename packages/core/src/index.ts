export * from './model/index.js'
export * from './component/index.js'
export * from './engine/index.js'
export { compilePrefix, PrefixError, escapeValue, DEFAULT_PARTITION, type CompiledPrefix, type PartitionAssignment, type ObjectNaming, type PrefixOptions } from './expression/prefix/index.js'
export { didYouMean } from './expression/did-you-mean.js'
export { compileExpression, ExpressionError, type CompiledExpression, type Evaluation } from './expression/index.js'
export {
  OPERATORS,
  PAYLOAD_OPERATORS,
  aggregate,
  buffer,
  cast,
  dedupe,
  explode,
  filter,
  hash,
  map,
  mask,
  rename,
  sample,
  select,
  set,
  rxOperator,
  callBatches,
  hashModuleFiles,
  InvocationError,
  LocalFunctionCaller,
  type CallPolicy,
  type FunctionCaller,
  type InvocationCode,
  type MapContext,
  type MapFunction,
  type MapResult,
  type RxOperatorOptions,
} from './operators/index.js'
export {
  formatProblems,
  pipelineJsonSchema,
  schemaToConfig,
  schemaToYaml,
  sortProblems,
  type ConfigEnvironment,
  type ConfigFile,
  type PipelineConfig,
  type Problem,
  type ProblemFormat,
} from './config/index.js'
export {
  definePipeline,
  describeBounds,
  planPipeline,
  planPipelines,
  type Bound,
  type PlannedPipeline,
  type PlannedPipelines,
  type PlanOptions,
} from './engine/plan/index.js'

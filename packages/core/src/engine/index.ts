export { runPipeline, type PipelineRun, type RunOptions, type RunStatus } from './run.js'
export { Counts, type ShardCounts, type SinkCounts, type StageCounts } from './counts.js'
export { describeEvent, type EmitEvent, type EngineEvent, type RollReason } from './events.js'
export { DEAD_LETTER_ROWS, DEAD_LETTER_SCHEMA, DEAD_LETTER_SINK, ERROR_OUTPUT_TYPE_FIELD, type ErrorOutputType } from './dead-letter.js'
export { parseLedgerDocument } from './ledger/document.js'
export { createFileLedger } from './ledger/file-ledger.js'
export { CHAIN_METADATA, formatChain, parseChain, SETS_SHARD, type ChainLink, type ObjectChain } from './chain.js'
export { checkChains, type ChainCheck, type ChainReport } from './verify/check-chains.js'
export { checkObjectCount } from './verify/check-totals.js'
export { baseSink, type ChainExpectation, type Finding, type FindingKind, type FoundObject } from './verify/finding.js'
export { ledgerFolder, readLedger } from './ledger/plan-ledger.js'
export { epochOfIdentity, isKeyOfLedger } from './object-names.js'
export { statefulOperators } from './stateful.js'
export { withRetry, type RetryContext } from './links/retry.js'
export { withTimeout } from './links/timeout.js'
export { recoverPipeline, type RecoveredObject } from './recover-pipeline.js'
export { createMemoryLedger } from './ledger/memory-ledger.js'
export { METRICS, renderMetrics } from './observe/metrics.js'
export { serveObservations, type ObserveOptions, type ObserveServer } from './observe/server.js'
export type { Contract, ContractLine } from './contract.js'
export type {
  Delivery,
  Limits,
  Plan,
  PlannedObjectSink,
  PlannedOperator,
  PlannedRecordSink,
  PlannedSink,
  RetryPolicy,
  Semantics,
} from './plan.js'

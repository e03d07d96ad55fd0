export { describeOperator, coveredOperators, type OperatorSuite } from './describe-operator.js'
export { bindOperator, OperatorRun, runBatches, type RejectedRow } from './operator-run.js'
export { createTestBatch, rowsOf, type TestBatchParts, type TrackedBatch } from './tracked-batch.js'

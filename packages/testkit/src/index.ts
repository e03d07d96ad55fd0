export { TestClock } from './test-clock.js'
export {
  describeOperator,
  coveredOperators,
  bindOperator,
  OperatorRun,
  runBatches,
  createTestBatch,
  rowsOf,
  type OperatorSuite,
  type RejectedRow,
  type TestBatchParts,
  type TrackedBatch,
} from './operator-suite/index.js'

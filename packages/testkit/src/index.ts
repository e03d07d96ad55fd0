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
export {
  MemoryBucket,
  MemoryObjectStore,
  type MemoryStoreOptions,
  type PendingUpload,
  type PublishedObject,
  type StoreCall,
  type StoreFault,
} from './memory-object-store.js'
export { startS3rver, type S3rver } from './emulators/s3rver.js'
export { startDynalite, type Dynalite } from './emulators/dynalite.js'
export { startKinesalite, type Kinesalite } from './emulators/kinesalite.js'
export { startKinesisLocal, type KinesisLocal } from './emulators/kinesis-local.js'
export {
  eventFrame,
  ScriptedError,
  startScriptedKinesis,
  type KinesisScript,
  type ScriptedAnswer,
  type ScriptedKinesis,
  type ScriptedSubscription,
} from './emulators/scripted-kinesis.js'
export { KinesisLoad, type KinesisLoadOptions } from './emulators/kinesis-load.js'
export { KinesisCalls, type PutEntry } from './emulators/kinesis-calls.js'
export { startMiniStack, type MiniStack } from './emulators/ministack.js'
export { startFirehoseServer, type FirehoseServer, type RefuseRecord } from './emulators/firehose-server.js'
export { startFaultProxy, type Fault, type FaultProxy, type PlannedFault, type SeenRequest } from './fault-proxy/fault-proxy.js'
export { kinesisError, kinesisOperation } from './fault-proxy/kinesis-fault.js'
export { s3Operation, type S3Operation } from './fault-proxy/s3-operation.js'
export { describeObjectStore } from './object-store-suite/describe-object-store.js'
export {
  nameObject,
  patternBytes,
  stageParts,
  type ObjectStoreBench,
  type ObjectStoreHarness,
  type StoreCapability,
} from './object-store-suite/object-store-bench.js'
export { describeLedger } from './ledger-suite/describe-ledger.js'
export type { LedgerBench, LedgerCapability, LedgerHarness } from './ledger-suite/ledger-bench.js'
export { bindSink, describeSink, sinkBindContext } from './sink-suite/describe-sink.js'
export { describeRecordSink, type RecordSinkBench } from './sink-suite/describe-record-sink.js'
export { TEXT_SCHEMA, textBatch, textsOf } from './sink-suite/text-batch.js'
export {
  createSourceRuntime,
  describeSource,
  nextEvent,
  readSource,
  recordsOf,
  TestFolder,
  type ReadRecord,
  type SourceHarness,
  type SourceReading,
  type SourceRuntimeOptions,
} from './source-suite/index.js'
export { ForgetfulFiles, type Survives } from './forgetful-files.js'
export { expectedLines, planScenario, type Scenario } from './simulation/scenario.js'
export { compareLines } from './simulation/find-violations.js'
export { CHAIN_MARK, createRecords } from './simulation/words.js'
export { seededRandom, type SeededRandom } from './simulation/seeded-random.js'
export type { ScenarioStores } from './simulation/world-stores.js'

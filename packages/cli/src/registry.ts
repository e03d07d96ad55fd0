import { lambdaOperator } from '@standpipe/aws'
import { createRegistry, OPERATORS, PAYLOAD_OPERATORS, type AnyDefinition, type Registry } from '@standpipe/core'
import { csvFormat, firehoseErrorsFormat, jsonFormat, jsonlFormat, openxFormat, parquetFormat, rawFormat, tsvFormat } from '@standpipe/formats'
import { directorySink, firehoseSink, kinesisSink, s3Sink, stdoutSink } from '@standpipe/sinks'
import { fileSource, firehoseApiSource, firehoseEndpointSource, generateSource, httpSource, journalSource, kinesisSource, stdinSource } from '@standpipe/sources'

/** The components that come with Standpipe: adding one is one line here. */
export const STANDARD_COMPONENTS: readonly AnyDefinition[] = [
  fileSource,
  firehoseApiSource,
  firehoseEndpointSource,
  generateSource,
  httpSource,
  journalSource,
  kinesisSource,
  stdinSource(() => process.stdin),
  lambdaOperator,
  ...PAYLOAD_OPERATORS,
  ...OPERATORS,
  directorySink,
  firehoseSink,
  kinesisSink,
  s3Sink,
  stdoutSink(() => process.stdout),
  parquetFormat,
  jsonFormat,
  jsonlFormat,
  csvFormat,
  tsvFormat,
  rawFormat,
  openxFormat,
  firehoseErrorsFormat,
] as readonly AnyDefinition[]

/** The standard components, and those of the caller. */
export function standardRegistry(own: readonly AnyDefinition[] = []): Registry {
  return createRegistry([...STANDARD_COMPONENTS, ...own])
}

import type { Processing } from './definition-shape.js'
import { Members } from './members.js'
import type { Refusal } from './refusal.js'

type Processor = NonNullable<Processing['Processors']>[number]
type ParameterName = NonNullable<Processor['Parameters']>[number]['ParameterName']

/** The processors for the section `transform` of a pipeline; steps that Firehose has not are refused. */
export function processorsOf(transform: readonly object[], role: string, refusals: Refusal[]): Processor[] {
  return transform.flatMap((step, i): Processor[] => {
    const [name, options] = Object.entries(step)[0] ?? ['', undefined]
    const at = ['transform', i, name]
    const read = STEPS[name]
    if (read !== undefined) return [read(options, new Members(options, at, refusals), role)]
    refusals.push({ path: at, message: `\`${name}\` has no counterpart in Firehose`, kind: 'unsupported' })
    return []
  })
}

const STEPS: Readonly<Record<string, (options: unknown, members: Members, role: string) => Processor>> = {
  decompress(_, members) {
    members.refuseRest(noCounterpart)
    return processor('Decompression', { CompressionFormat: 'GZIP' })
  },
  extractMessages(_, members) {
    members.refuseRest(noCounterpart)
    return processor('CloudWatchLogProcessing', { DataMessageExtraction: 'true' })
  },
  deaggregate(options) {
    if (options === 'json') return processor('RecordDeAggregation', { SubRecordType: 'JSON' })
    const delimiter = Buffer.from((options as { delimiter: string }).delimiter).toString('base64')
    return processor('RecordDeAggregation', { SubRecordType: 'DELIMITED', Delimiter: delimiter })
  },
  lambda(_, members) {
    const arn = members.text('function')
    if (arn === undefined) members.refuse(undefined, 'Firehose calls functions of Lambda: deploy the module, and name it by `function`')
    const buffer = members.members('buffer')
    const [size, interval, retries] = [buffer.text('size'), buffer.text('interval'), members.text('retries')]
    for (const here of ['unreachable', 'deliveryStreamArn', 'sourceKinesisStreamArn', 'deterministic', 'region', 'profile', 'role']) members.take(here)
    members.refuseRest(noCounterpart)
    return processor('Lambda', {
      LambdaArn: arn,
      NumberOfRetries: retries,
      BufferSizeInMBs: size === undefined ? undefined : String(Number.parseFloat(size)),
      BufferIntervalInSeconds: interval === undefined ? undefined : String(Number.parseFloat(interval) * (interval.endsWith('m') ? 60 : 1)),
    })
  },
  extractKeys: (query) => processor('MetadataExtraction', { MetadataExtractionQuery: String(query), JsonParsingEngine: 'JQ-1.6' }),
  delimit: (delimiter) => processor('AppendDelimiterToRecord', { Delimiter: typeof delimiter === 'string' ? delimiter : undefined }),
}

function noCounterpart(key: string): string {
  return `\`${key}\` has no counterpart in Firehose`
}

function processor(type: Processor['Type'], parameters: { readonly [Name in ParameterName]?: string | undefined }): Processor {
  const given = Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [{ ParameterName: name as ParameterName, ParameterValue: value }]))
  return given.length === 0 ? { Type: type } : { Type: type, Parameters: given }
}

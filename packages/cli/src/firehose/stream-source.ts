import type { Definition } from './definition-shape.js'
import type { Findings } from './refusal.js'

/** Where the records of a delivery stream come from. */
export interface StreamSource {
  readonly section: Readonly<Record<string, unknown>>
  /** Set where a Kinesis stream is read. */
  readonly kinesisArn?: string
  /** The largest record, where it is not that of Direct PUT. */
  readonly recordLimit?: string
}

/** The largest record of a Kinesis stream, in every setting of it. */
const KINESIS_RECORD = '10MiB'

/** Maps the source of a definition (facts A.3, A.15). */
export function mapSource(definition: Definition, { source }: { readonly source?: Readonly<Record<string, unknown>> }, findings: Findings): StreamSource {
  const { DeliveryStreamType: type = 'DirectPut', KinesisStreamSourceConfiguration: kinesis, DirectPutSourceConfiguration: direct } = definition
  for (const member of ['MSKSourceConfiguration', 'DatabaseSourceConfiguration'] as const) {
    if (definition[member] !== undefined) findings.unsupported([member], 'this source is not supported; Direct PUT and Kinesis streams are')
  }
  if (direct !== undefined) findings.note(['DirectPutSourceConfiguration'], 'a hint for AWS to plan by; nothing here depends on it')
  if (type === 'KinesisStreamAsSource') {
    if (kinesis === undefined) findings.breaksRule(['KinesisStreamSourceConfiguration'], 'KinesisStreamSourceConfiguration must be given when DeliveryStreamType is KinesisStreamAsSource')
    const arn = kinesis?.KinesisStreamARN ?? ''
    const region = /^arn:[^:]*:kinesis:([a-z0-9-]+):/.exec(arn)?.[1]
    findings.note(['KinesisStreamSourceConfiguration'], 'reading begins with what arrives after the first start, as with a new delivery stream; write `start: oldest` for all that the stream holds')
    return { section: { kinesis: { stream: arn, ...(region === undefined ? {} : { region }), start: 'latest' } }, kinesisArn: arn, recordLimit: KINESIS_RECORD }
  }
  if (kinesis !== undefined) findings.breaksRule(['KinesisStreamSourceConfiguration'], `a source of type ${type} has no Kinesis stream`)
  if (type !== 'DirectPut') findings.unsupported(['DeliveryStreamType'], `${type} is not supported; DirectPut and KinesisStreamAsSource are`)
  return { section: source ?? { 'firehose-api': { streams: definition.DeliveryStreamName } } }
}

import { fromCloudFormation } from './from-cloudformation.js'
import { fromDescription } from './from-description.js'
import { fromTerraform } from './from-terraform.js'
import { asList, asObject, literalTexts, type FoundStream } from './found-stream.js'

/** What a file is, for people, and the delivery streams in it. */
export interface FoundStreams {
  readonly kind: string
  readonly streams: readonly FoundStream[]
}

/** Finds the delivery streams in a file; undefined where it is nothing that tells of any. */
export function findStreams(value: unknown): FoundStreams | undefined {
  const whole = asObject(value)
  if ('DeliveryStreamDescription' in whole || 'DeliveryStreamARN' in whole) {
    return { kind: 'an answer of describe-delivery-stream', streams: [fromDescription(whole)] }
  }
  if ('Resources' in whole) return { kind: 'a CloudFormation template', streams: fromCloudFormation(whole) }
  if ('format_version' in whole || 'planned_values' in whole) return { kind: 'what `terraform show -json` prints', streams: fromTerraform(whole) }
  if ('DeliveryStreamName' in whole) {
    const { Tags: _tags, ...definition } = asObject(literalTexts(whole))
    return { kind: 'an input of CreateDeliveryStream', streams: [{ name: String(whole.DeliveryStreamName), definition, placeOf: (path) => path, notes: [] }] }
  }
  return undefined
}

/** The columns in what `aws glue get-table` prints; undefined where a value is none. */
export function glueTableColumns(value: unknown): FoundStream['columns'] {
  const table = asObject(asObject(value).Table)
  const columns = asList(asObject(table.StorageDescriptor).Columns)
  if (columns.length === 0) return undefined
  return columns.map((column) => ({ name: String(asObject(column).Name), type: String(asObject(column).Type) }))
}

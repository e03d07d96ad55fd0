import type { MemberPath, Note } from '../firehose/refusal.js'
import { asObject, glueColumns, type FoundStream, type JsonObject } from './found-stream.js'
import { IntrinsicFunctions } from './intrinsic-functions.js'

const NUMBERS = ['SizeInMBs', 'IntervalInSeconds', 'DurationInSeconds', 'BlockSizeBytes', 'PageSizeBytes', 'MaxPaddingBytes', 'ThroughputHintInMBs']
const BOOLEANS = ['Enabled', 'CaseInsensitive', 'ConvertDotsInJsonKeysToUnderscores', 'EnableDictionaryCompression']

/** The delivery streams of a CloudFormation template. */
export function fromCloudFormation(template: JsonObject): readonly FoundStream[] {
  return Object.entries(asObject(template.Resources)).flatMap(([id, resource]) =>
    asObject(resource).Type === 'AWS::KinesisFirehose::DeliveryStream' ? [readStream(id, asObject(resource), template)] : [],
  )
}

function readStream(id: string, resource: JsonObject, template: JsonObject): FoundStream {
  const functions = new IntrinsicFunctions(template)
  const root: MemberPath = ['Resources', id, 'Properties']
  const written = asObject(functions.resolve(resource.Properties, []))
  const { DeliveryStreamEncryptionConfigurationInput: encryption, Tags: _tags, ...properties } = asObject(withTypes(written))
  // Roles are not carried over, so nobody has to set them.
  const notes: Note[] = functions.notes.filter(({ path }) => path.at(-1) !== 'RoleARN')
  if (encryption !== undefined) {
    notes.push({ path: ['DeliveryStreamEncryptionConfigurationInput'], message: 'records that wait here are in a journal on local disk, as they were sent: encrypt that disk' })
  }
  const given = typeof properties.DeliveryStreamName === 'string' && !properties.DeliveryStreamName.includes('${') ? properties.DeliveryStreamName : undefined
  if (given === undefined) notes.push({ path: ['DeliveryStreamName'], message: `the stream is named at deployment; here it has the name of its resource, ${id}` })
  const columns = findColumns(asObject(asObject(resource.Properties).ExtendedS3DestinationConfiguration), properties, template)
  return {
    name: given ?? id,
    definition: { ...properties, DeliveryStreamName: given ?? id },
    placeOf: (path) => [...root, ...path],
    notes,
    ...(columns === undefined ? {} : { columns }),
  }
}

/** CloudFormation takes `"5"` for 5 and `"true"` for true. */
function withTypes(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((element) => withTypes(element))
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withTypes(member, key)]))
  if (name === 'ParameterValue' && typeof value !== 'string') return String(value)
  if (typeof value !== 'string') return value
  if (NUMBERS.includes(name) && /^\d+$/.test(value)) return Number(value)
  return BOOLEANS.includes(name) && /^(?:true|false)$/i.test(value) ? value.toLowerCase() === 'true' : value
}

/** The columns of the Glue table that the stream names, where the template defines it. */
function findColumns(written: JsonObject, resolved: JsonObject, template: JsonObject): FoundStream['columns'] {
  const tableOf = (destination: JsonObject): unknown => asObject(asObject(destination.DataFormatConversionConfiguration).SchemaConfiguration).TableName
  const reference = asObject(tableOf(written)).Ref
  const name = tableOf(asObject(resolved.ExtendedS3DestinationConfiguration))
  for (const [id, resource] of Object.entries(asObject(template.Resources))) {
    const { Type: type, Properties: properties } = asObject(resource)
    const input = asObject(asObject(properties).TableInput)
    if (type !== 'AWS::Glue::Table' || (id !== reference && input.Name !== name)) continue
    return glueColumns(asObject(input.StorageDescriptor).Columns)
  }
  return undefined
}

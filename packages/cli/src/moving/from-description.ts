import type { MemberPath, Note } from '../firehose/refusal.js'
import { asList, asObject, literalTexts, type FoundStream, type JsonObject } from './found-stream.js'

/** The stream of an answer of DescribeDeliveryStream, with the envelope that the AWS CLI prints or without. */
export function fromDescription(value: JsonObject): FoundStream {
  const root: MemberPath = 'DeliveryStreamDescription' in value ? ['DeliveryStreamDescription'] : []
  const description = asObject(literalTexts(root.length === 0 ? value : value.DeliveryStreamDescription))
  const { destination, places } = readDestination(asObject(asList(description.Destinations)[0]))
  const kinesis = asObject(description.Source).KinesisStreamSourceDescription
  const sources = Object.entries(asObject(description.Source)).flatMap(([name, source]): [string, unknown][] =>
    name === 'KinesisStreamSourceDescription' ? [] : [[name.replace(/Description$/, 'Configuration'), source]],
  )
  const { KinesisStreamARN, RoleARN } = asObject(kinesis)
  const arn = typeof description.DeliveryStreamARN === 'string' ? description.DeliveryStreamARN : undefined
  return {
    name: String(description.DeliveryStreamName),
    definition: {
      DeliveryStreamName: description.DeliveryStreamName,
      ...(description.DeliveryStreamType === undefined ? {} : { DeliveryStreamType: description.DeliveryStreamType }),
      ...(kinesis === undefined ? {} : { KinesisStreamSourceConfiguration: { KinesisStreamARN, RoleARN } }),
      ...Object.fromEntries(sources),
      ...destination,
    },
    placeOf(path) {
      const [first, ...rest] = path
      const renamed = rest.map((step) => (step === 'S3BackupConfiguration' ? 'S3BackupDescription' : step))
      const place = typeof first === 'string' ? places.get(first) : undefined
      if (place !== undefined) return [...root, 'Destinations', 0, place, ...renamed]
      return first === 'KinesisStreamSourceConfiguration' ? [...root, 'Source', 'KinesisStreamSourceDescription', ...rest] : [...root, ...path]
    },
    notes: notesOn(description),
    ...(arn === undefined ? {} : { arn, ...regionOf(arn) }),
    ...(typeof description.VersionId === 'string' ? { version: description.VersionId } : {}),
  }
}

/** Region of an ARN, as an option to spread. */
export function regionOf(arn: string): { readonly region?: string } {
  const region = /^arn:[^:]*:firehose:([a-z0-9-]+):/.exec(arn)?.[1]
  return region === undefined ? {} : { region }
}

function readDestination(described: JsonObject): { readonly destination: JsonObject; readonly places: ReadonlyMap<string, string> } {
  const places = new Map<string, string>()
  const members: [string, unknown][] = []
  for (const [name, value] of Object.entries(described)) {
    // A stream with an extended destination is described by a plain one as well.
    if (name === 'DestinationId' || (name === 'S3DestinationDescription' && 'ExtendedS3DestinationDescription' in described)) continue
    const member = name.replace(/Description$/, 'Configuration')
    places.set(member, name)
    members.push([member, renameBackup(asObject(value))])
  }
  return { destination: Object.fromEntries(members), places }
}

function renameBackup({ S3BackupDescription: backup, ...rest }: JsonObject): JsonObject {
  return backup === undefined ? rest : { ...rest, S3BackupConfiguration: backup }
}

function notesOn(description: JsonObject): Note[] {
  const encryption = asObject(description.DeliveryStreamEncryptionConfiguration)
  if (encryption.Status === undefined || encryption.Status === 'DISABLED') return []
  return [{ path: ['DeliveryStreamEncryptionConfiguration'], message: 'records that wait here are in a journal on local disk, as they were sent: encrypt that disk' }]
}

import type { Definition } from '../firehose/definition-shape.js'
import { readDefinition } from '../firehose/read-definition.js'
import type { Input } from './envelope.js'
import { invalidArgument, refusalOf } from './refusals.js'

const UPDATES = ['ExtendedS3DestinationUpdate', 'S3DestinationUpdate'] as const
const ENVELOPE = ['DeliveryStreamName', 'CurrentDeliveryStreamVersionId', 'DestinationId']

/** A definition as it is after UpdateDestination: member by member, as Firehose merges them. Throws an AwsRefusal. */
export function mergeUpdate(definition: Definition, input: Input): Definition {
  const given = Object.entries(input).filter(([member, value]) => !ENVELOPE.includes(member) && value !== undefined && value !== null)
  const other = given.find(([member]) => !UPDATES.some((known) => known === member))
  if (other !== undefined) throw invalidArgument(`${other[0]}: this destination is not supported; S3 is (ExtendedS3DestinationUpdate)`)
  if (given.length !== 1) throw invalidArgument('Exactly one destination update is supported for a Firehose')
  const [member, update] = given[0]
  if (!isObject(update)) throw invalidArgument(`${member}: expected an object`)
  const { ExtendedS3DestinationConfiguration: extended, S3DestinationConfiguration: plain, ...rest } = definition
  const before = { ...(extended ?? plain) } as Record<string, unknown>
  const after = mergeDestination(before, update)
  checkLasting(before, after, member)
  const read = readDefinition({ ...rest, ExtendedS3DestinationConfiguration: after })
  if ('definition' in read) return read.definition
  throw refusalOf(read.refusals.map((refusal) => ({ ...refusal, path: refusal.path[0] === 'ExtendedS3DestinationConfiguration' ? [member, ...refusal.path.slice(1)] : refusal.path })))
}

/** Members whose own members are merged; of the others the new value takes the place of the old one. */
const MERGED: Readonly<Record<string, readonly string[]>> = {
  '': ['BufferingHints', 'DataFormatConversionConfiguration', 'DynamicPartitioningConfiguration', 'S3BackupConfiguration'],
  DataFormatConversionConfiguration: ['SchemaConfiguration', 'InputFormatConfiguration', 'OutputFormatConfiguration'],
  S3BackupConfiguration: ['BufferingHints'],
}

function mergeDestination(before: Record<string, unknown>, { S3BackupUpdate: backup, ...update }: Record<string, unknown>): Record<string, unknown> {
  return mergeMembers(before, backup === undefined ? update : { ...update, S3BackupConfiguration: backup }, '')
}

function mergeMembers(before: Record<string, unknown>, update: Record<string, unknown>, of: string): Record<string, unknown> {
  const after = { ...before }
  for (const [member, value] of Object.entries(update)) {
    if (value === undefined || value === null) continue
    const old = after[member]
    after[member] = MERGED[of]?.includes(member) === true && isObject(old) && isObject(value) ? mergeMembers(old, value, member) : value
  }
  return after
}

/** What Firehose lets nobody change once a stream is made. */
function checkLasting(before: Record<string, unknown>, after: Record<string, unknown>, member: string): void {
  const isPartitioned = (destination: Record<string, unknown>): boolean => (destination.DynamicPartitioningConfiguration as { Enabled?: boolean } | undefined)?.Enabled === true
  if (isPartitioned(before) !== isPartitioned(after)) {
    throw invalidArgument(`${member}.DynamicPartitioningConfiguration.Enabled: dynamic partitioning is switched on when a delivery stream is created, or never; and it cannot be switched off`)
  }
  if (before.S3BackupMode === 'Enabled' && after.S3BackupMode === 'Disabled') {
    throw invalidArgument(`${member}.S3BackupMode: once it is Enabled it cannot be disabled`)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

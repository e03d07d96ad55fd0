import type { ControlOperation } from '@standpipe/sources'
import { readDefinition } from '../firehose/read-definition.js'
import type { DeliveryStreams } from './delivery-streams.js'
import { describeStream } from './describe-stream.js'
import { Envelope, type Input, type Tag } from './envelope.js'
import { mergeUpdate } from './merge-update.js'
import { invalidArgument, refusalOf } from './refusals.js'

const STREAM_TYPES = ['DirectPut', 'KinesisStreamAsSource', 'MSKAsSource', 'DatabaseAsSource'] as const
const MOST_TAGS = 50

/** The operations of Firehose's API besides the puts (facts: aws-semantics.md A.3). */
export function controlOperations(streams: DeliveryStreams): Readonly<Record<string, ControlOperation>> {
  return {
    async CreateDeliveryStream(input) {
      const read = readDefinition(input)
      if ('refusals' in read) throw refusalOf(read.refusals)
      const { document } = await streams.create(read.definition)
      return { DeliveryStreamARN: document.arn }
    },

    async DescribeDeliveryStream(input) {
      const envelope = new Envelope(input)
      const name = envelope.streamName()
      envelope.wholeNumber('Limit', 10_000)
      envelope.text('ExclusiveStartDestinationId', { most: 100 })
      envelope.check()
      return { DeliveryStreamDescription: describeStream(streams.find(name)) }
    },

    async ListDeliveryStreams(input) {
      const envelope = new Envelope(input)
      const limit = envelope.wholeNumber('Limit', 10_000) ?? 10
      const type = envelope.oneOf('DeliveryStreamType', STREAM_TYPES)
      const after = envelope.optionalStreamName('ExclusiveStartDeliveryStreamName') ?? ''
      envelope.check()
      const names = streams.names.filter((name) => name > after && (type === undefined || (streams.find(name).document.definition.DeliveryStreamType ?? 'DirectPut') === type))
      return { DeliveryStreamNames: names.slice(0, limit), HasMoreDeliveryStreams: names.length > limit }
    },

    async UpdateDestination(input) {
      const envelope = new Envelope(input)
      const name = envelope.streamName()
      const version = envelope.requiredText('CurrentDeliveryStreamVersionId', { most: 50, pattern: /^[0-9]+$/ })
      const destination = envelope.requiredText('DestinationId', { most: 100, pattern: /^[a-zA-Z0-9-]+$/ })
      envelope.check()
      await streams.find(name).update(version, destination, (definition) => mergeUpdate(definition, input))
      return {}
    },

    async DeleteDeliveryStream(input) {
      const envelope = new Envelope(input)
      const name = envelope.streamName()
      const force = envelope.flag('AllowForceDelete')
      envelope.check()
      await streams.delete(name, force)
      return {}
    },

    async TagDeliveryStream(input) {
      const envelope = new Envelope(input)
      const name = envelope.streamName()
      const given = envelope.tags()
      envelope.check()
      await streams.find(name).retag((tags) => {
        const changed = withTags(tags, given)
        if (changed.length > MOST_TAGS) throw invalidArgument(`Tags: a delivery stream has at most ${MOST_TAGS} tags`)
        return changed
      })
      return {}
    },

    async UntagDeliveryStream(input) {
      const envelope = new Envelope(input)
      const name = envelope.streamName()
      const keys = envelope.tagKeys()
      envelope.check()
      await streams.find(name).retag((tags) => tags.filter(({ Key }) => !keys.includes(Key)))
      return {}
    },

    async ListTagsForDeliveryStream(input) {
      const envelope = new Envelope(input)
      const name = envelope.streamName()
      const after = envelope.text('ExclusiveStartTagKey', { most: 128 })
      const limit = envelope.wholeNumber('Limit', MOST_TAGS) ?? MOST_TAGS
      envelope.check()
      const tags = [...streams.find(name).document.tags].sort((a, b) => (a.Key < b.Key ? -1 : 1)).filter(({ Key }) => after === undefined || Key > after)
      return { Tags: tags.slice(0, limit), HasMoreTags: tags.length > limit }
    },

    StartDeliveryStreamEncryption: refuseEncryption(streams),
    StopDeliveryStreamEncryption: refuseEncryption(streams),
  }
}

function withTags(tags: readonly Tag[], given: readonly Tag[]): readonly Tag[] {
  return [...new Map([...tags, ...given].map((tag) => [tag.Key, tag])).values()]
}

function refuseEncryption(streams: DeliveryStreams): (input: Input) => Promise<object> {
  return async (input) => {
    const envelope = new Envelope(input)
    const name = envelope.streamName()
    envelope.check()
    streams.find(name)
    throw invalidArgument('encryption at rest is not supported: records that wait here are in a journal on local disk, as they were sent. Encrypt that disk')
  }
}

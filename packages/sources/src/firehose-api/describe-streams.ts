/** What descriptions of delivery streams say of all of them. */
export interface DescribedStreams {
  readonly region: string
  readonly accountId: string
}

const DEFAULT_LIMIT = 10

/** Answer of DescribeDeliveryStream: an active stream that takes records by PutRecord. Where they go is the pipeline's affair. */
export function describeStream(name: string, { region, accountId }: DescribedStreams): object {
  return {
    DeliveryStreamDescription: {
      DeliveryStreamName: name,
      DeliveryStreamARN: `arn:aws:firehose:${region}:${accountId}:deliverystream/${name}`,
      DeliveryStreamStatus: 'ACTIVE',
      DeliveryStreamType: 'DirectPut',
      VersionId: '1',
      Destinations: [],
      HasMoreDestinations: false,
    },
  }
}

/** Answer of ListDeliveryStreams: names in alphabetical order, page by page. */
export function listStreams(names: readonly string[], input: Readonly<Record<string, unknown>>): object {
  const after = typeof input.ExclusiveStartDeliveryStreamName === 'string' ? input.ExclusiveStartDeliveryStreamName : ''
  const limit = typeof input.Limit === 'number' && input.Limit > 0 ? input.Limit : DEFAULT_LIMIT
  const left = names.filter((name) => name > after).sort()
  return { DeliveryStreamNames: left.slice(0, limit), HasMoreDeliveryStreams: left.length > limit }
}

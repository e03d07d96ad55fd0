// What people say of the two, tried. Each `{ claim, verdict, seen, fact }`; `fact` is a heading of docs/streams-vs-firehose.md.
import { PutRecordCommand } from '@aws-sdk/client-firehose'

const FIREHOSE_RECORD_BYTES = 1_024_000

export const testClaims = { streams: testStreams, firehose: testFirehose }

async function testStreams({ kept, records, sent, busiest }) {
  const ids = new Set(kept.map(({ id }) => id))
  const twice = kept.length - ids.size
  return [
    {
      claim: 'Streams can be replayed',
      verdict: ids.size === records.length ? 'right' : 'wrong',
      seen: `another reader, after both consumers had finished, read all ${ids.size} records again, from the oldest`,
      fact: 'replay',
    },
    { claim: 'Streams serve many consumers', verdict: 'right', seen: 'two consumers read the stream at the same time, each at its own position', fact: 'consumers' },
    {
      claim: 'Streams give exactly-once processing',
      verdict: twice > 0 ? 'wrong' : 'not seen',
      seen: `${sent.again.size} records were sent again after a lost answer, and ${twice} are in the stream twice; what a consumer does to that is up to it`,
      fact: 'delivery',
    },
    {
      claim: 'A hot key needs more than more shards',
      verdict: 'right',
      seen: `the busiest shard took ${busiest} records in a second; AWS allows 1,000 for a shard, and a key stays on one`,
      fact: 'capacity',
    },
  ]
}

async function testFirehose({ client, lake, seconds }) {
  const put = (bytes) => client.send(new PutRecordCommand({ DeliveryStreamName: 'plant', Record: { Data: Buffer.alloc(bytes, 'x') } }))
  await put(FIREHOSE_RECORD_BYTES)
  const refused = await put(FIREHOSE_RECORD_BYTES + 1).then(
    () => undefined,
    (error) => error.name,
  )
  return [
    {
      claim: 'A record of Firehose has at most 1 MB',
      verdict: refused === undefined ? 'wrong' : 'nearly right',
      seen: `1,024,000 bytes (1,000 KiB) were taken, one more was refused: ${refused}`,
      fact: 'record-size',
    },
    {
      claim: 'Firehose buffers for at least 60 s',
      verdict: 'out of date',
      seen: `${lake.objects.length} objects came out in ${seconds} s at the interval asked for; AWS allows 0 to 900 s, and asks for 60 s only with dynamic partitioning`,
      fact: 'buffering',
    },
  ]
}

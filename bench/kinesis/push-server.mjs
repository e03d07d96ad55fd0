// A server of its own process that pushes records over fan-out the moment it is told to make them: `push-server.mjs`. It takes
// `{ perSecond, forMs }` and says `done` when all are sent. No emulator pushes at once: kinesis-local does so once a second.
import { startScriptedKinesis } from '@standpipe/testkit'

let subscription
let sequence = 1000
const RANGE = { StartingHashKey: '0', EndingHashKey: '1' }
const answers = {
  DescribeStreamSummary: { StreamDescriptionSummary: { StreamName: 'push', StreamARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/push', RetentionPeriodHours: 24, StreamCreationTimestamp: 1 } },
  ListShards: { Shards: [{ ShardId: 'shardId-000000000000', HashKeyRange: RANGE, SequenceNumberRange: { StartingSequenceNumber: '1' } }] },
}
const { endpoint } = await startScriptedKinesis({ answer: (operation) => answers[operation], subscribe: (found) => (subscription = found) })

process.on('message', async ({ perSecond, forMs }) => {
  while (subscription === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
  const started = performance.now()
  for (let made = 0; performance.now() - started < forMs; ) {
    const due = Math.floor(((performance.now() - started) / 1000) * perSecond)
    for (; made < due; made++) put()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  process.send('done')
})
process.send({ endpoint })
process.once('disconnect', () => process.exit())

function put() {
  const now = performance.timeOrigin + performance.now()
  const Data = Buffer.from(JSON.stringify({ id: sequence, put: now, temperature: sequence % 100 })).toString('base64')
  const number = String((sequence += 1))
  subscription.push({ Records: [{ SequenceNumber: number, Data, PartitionKey: 'k', ApproximateArrivalTimestamp: now / 1000 }], ContinuationSequenceNumber: number, MillisBehindLatest: 0 })
}

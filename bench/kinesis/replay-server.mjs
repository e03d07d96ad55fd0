// A server of its own process that answers GetRecords with bytes made before: `replay-server.mjs FILE SHARDS PAGE_BYTES`.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [path, shardCount, pageBytes] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
const JSON_TYPE = { 'content-type': 'application/x-amz-json-1.1' }
const shards = Array.from({ length: shardCount }, (_, index) => ({ id: `shardId-${String(index).padStart(12, '0')}`, pages: recordPages(index) }))

const server = createServer((request, response) => {
  const pieces = []
  request.on('data', (piece) => pieces.push(piece))
  request.on('end', () => {
    const body = answer(request.headers['x-amz-target'].split('.')[1], JSON.parse(Buffer.concat(pieces).toString()))
    response.writeHead(200, { ...JSON_TYPE, 'content-length': body.length }).end(body)
  })
})
server.listen(0, '127.0.0.1', () => process.send({ endpoint: `http://127.0.0.1:${server.address().port}` }))
process.once('disconnect', () => process.exit())

function answer(operation, input) {
  switch (operation) {
    case 'DescribeStreamSummary':
      return json({ StreamDescriptionSummary: { StreamName: 'replay', StreamARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/replay', RetentionPeriodHours: 24, StreamCreationTimestamp: 1 } })
    case 'ListShards':
      return json({ Shards: shards.map(({ id }) => ({ ShardId: id, HashKeyRange: { StartingHashKey: '0', EndingHashKey: '1' }, SequenceNumberRange: { StartingSequenceNumber: '1' } })) })
    case 'GetShardIterator':
      return json({ ShardIterator: `${Number(input.ShardId.slice(8))}:0` })
    case 'GetRecords': {
      const [shard, page] = input.ShardIterator.split(':').map(Number)
      const { pages } = shards[shard]
      return pages[page] ?? json({ Records: [], MillisBehindLatest: 0, NextShardIterator: `${shard}:${pages.length}` })
    }
    default:
      throw new Error(operation)
  }
}

/** The pages of a shard, whole answers: every `shardCount`-th line is one of its records. */
function recordPages(shard) {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1).filter((_, line) => line % shardCount === shard)
  const pages = []
  for (let from = 0; from < lines.length;) {
    const records = []
    for (let bytes = 0; from < lines.length && bytes < pageBytes; from++) {
      bytes += lines[from].length
      const sequence = `4959033827149025660855969253836157109592157${String(shard).padStart(5, '0')}${String(from).padStart(8, '0')}`
      records.push({ ApproximateArrivalTimestamp: 1_772_323_200.123, Data: Buffer.from(lines[from]).toString('base64'), PartitionKey: `device-${from % 500}`, SequenceNumber: sequence })
    }
    pages.push(json({ MillisBehindLatest: from < lines.length ? 1000 : 0, NextShardIterator: `${shard}:${pages.length + 1}`, Records: records }))
  }
  return pages
}

function json(value) {
  return Buffer.from(JSON.stringify(value))
}

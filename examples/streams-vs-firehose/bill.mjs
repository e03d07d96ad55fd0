// What AWS would bill for the workload, month-long, under each of its price models.
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'

const GB = 1024 ** 3
const MONTH_HOURS = 730

/** The dated price table beside this file. */
export async function readPrices(path) {
  return parse(await readFile(path, 'utf8'))
}

/** Lines `{ model, billed, monthly }`: bytes that count for the workload, and USD for a month of it. */
export function makeBill(sizes, { seconds, shards, readers }, prices) {
  const months = (MONTH_HOURS * 3_600) / seconds
  const sent = sum(sizes, (size) => size)
  const rounded = (to) => sum(sizes, (size) => Math.ceil(size / bytesOf(to)) * bytesOf(to))
  const { firehose, streamsProvisioned, streamsOnDemand } = prices

  const firehoseBytes = rounded(firehose.roundRecordTo)
  const units = sum(sizes, (size) => Math.ceil(size / bytesOf(streamsProvisioned.payloadUnit)))
  const onDemandBytes = rounded(streamsOnDemand.roundRecordTo)
  return {
    sent,
    lines: [
      {
        model: 'Firehose, Direct PUT, with conversion to Parquet',
        billed: firehoseBytes,
        factor: firehoseBytes / sent,
        monthly: (firehoseBytes / GB) * months * (firehose.ingestedGB + firehose.convertedGB),
        asks: 'nothing else',
      },
      {
        model: `Streams, provisioned, ${shards} shards`,
        billed: units * bytesOf(streamsProvisioned.payloadUnit),
        factor: (units * bytesOf(streamsProvisioned.payloadUnit)) / sent,
        monthly: shards * MONTH_HOURS * streamsProvisioned.shardHour + ((units * months) / 1e6) * streamsProvisioned.millionPayloadUnits,
        asks: 'a consumer of yours',
      },
      {
        model: `Streams, on demand, ${readers} ${readers === 1 ? 'reader' : 'readers'}`,
        billed: onDemandBytes,
        factor: onDemandBytes / sent,
        monthly:
          MONTH_HOURS * streamsOnDemand.streamHour +
          (onDemandBytes / GB) * months * (streamsOnDemand.writtenGB + readers * streamsOnDemand.readGB),
        asks: 'a consumer of yours',
      },
    ],
  }
}

function bytesOf(text) {
  return Number.parseInt(text, 10) * 1024
}

function sum(values, of) {
  return values.reduce((total, value) => total + of(value), 0)
}

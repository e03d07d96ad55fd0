// What a reader of the lake finds: how late, how often, in which order.
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { download } from './bucket.mjs'

const BIN_MS = 200

/** The rows below a prefix of the bucket, in the order in which they became visible: `{ id, machine, seq, at, visibleAt }`. */
export class Lake {
  rows = []
  objects = []
  taken = new Set()

  constructor(bucket, watch, prefix, folder) {
    Object.assign(this, { bucket, watch, prefix, folder })
  }

  /** Reads the objects that have come since, with DuckDB. */
  async refresh() {
    const fresh = [...this.watch.seen].filter(([key]) => key.startsWith(this.prefix) && !this.taken.has(key))
    for (const [key, visibleAt] of fresh.sort((a, b) => a[1] - b[1])) {
      this.taken.add(key)
      const bytes = await download(this.bucket, key, this.folder)
      const rows = await readRows(join(this.folder, key))
      this.objects.push({ key, bytes, rows: rows.length })
      for (const [id, machine, seq, at] of rows) this.rows.push({ id, machine, seq, at, visibleAt })
    }
    this.ids = new Set(this.rows.map(({ id }) => id))
  }
}

/** Latency to first visibility in ms, losses, duplicates and violations of order, against what was sent. */
export function measureRows(rows, records, again) {
  const first = new Map()
  const latest = new Map()
  let [byProducer, byDelivery, violations] = [0, 0, 0]
  const late = new Set()
  for (const { id, machine, seq, at, visibleAt } of rows) {
    if (first.has(id)) {
      if (again.has(id)) byProducer++
      else byDelivery++
      continue
    }
    first.set(id, visibleAt - at)
    if (seq < (latest.get(machine) ?? 0)) {
      violations++
      late.add(machine)
    } else latest.set(machine, seq)
  }
  return {
    rows: rows.length,
    lost: records.filter(({ id }) => !first.has(id)).length,
    duplicates: { byProducer, byDelivery },
    violations,
    machinesOutOfOrder: late.size,
    latency: summarize([...first].map(([id, latencyMs]) => [records[id - 1].atMs, latencyMs])),
  }
}

/**
 * Of pairs of when a record happened and how long it took, in ms: `p50`, `p99`, `max`, `shares` (the time by which each
 * half percent was there) and `slowest` (the slowest of each fifth of a second, as pairs of time and latency).
 */
export function summarize(pairs) {
  const times = pairs.map(([, latencyMs]) => latencyMs).sort((a, b) => a - b)
  const at = (part) => times[Math.min(times.length - 1, Math.floor(part * times.length))] ?? 0
  const slowest = new Map()
  for (const [atMs, latencyMs] of pairs) {
    const bin = Math.floor(atMs / BIN_MS) * BIN_MS
    slowest.set(bin, Math.max(slowest.get(bin) ?? 0, latencyMs))
  }
  return {
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
    shares: Array.from({ length: 201 }, (_, i) => at(i / 200)),
    slowest: [...slowest].sort((a, b) => a[0] - b[0]),
  }
}

let connection
async function readRows(path) {
  connection ??= await (await DuckDBInstance.create()).connect()
  const result = await connection.runAndReadAll(`SELECT id::INT, machine, seq::INT, epoch_ms("at")::DOUBLE FROM read_parquet('${path.replaceAll("'", "''")}')`)
  return result.getRows()
}

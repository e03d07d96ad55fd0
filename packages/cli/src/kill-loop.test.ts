import { appendFile, mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { systemClock } from '@standpipe/core'
import { describe, expect, it } from 'vitest'
import { isCompiled, listing, publishedLines, startProgram, testFolder } from './command-line.testing.js'

if (!isCompiled) console.log('skipped: `file` to `directory` under SIGKILL, because the command line is not built (npm run build)')

/** Kills of the loop; the extended tests ask for more. */
const KILLS = Number(process.env.STANDPIPE_KILLS ?? (process.env.STANDPIPE_TEST_ALL === '1' ? 200 : 10))
/** About every 50th line is no record. */
const BROKEN_EVERY = 50

const PIPELINE = `name: killed
source: { file: { path: "in/*.jsonl", follow: { poll: 20ms, stopAfterIdle: 1500ms } } }
schema: { id: { type: int64, required: true }, device: { type: string, required: true }, text: string }
sink: { directory: { path: out, prefix: "device=!{field:device}/", format: { parquet: { compression: zstd } }, roll: { size: 16KiB, age: 150ms } } }
deadLetter: { directory: { path: errors, format: jsonl, roll: { size: 16KiB, age: 150ms } } }
limits: { memory: 8MiB, batch: 64KiB, record: 64KiB, checkpoint: 50ms }
`

describe.skipIf(!isCompiled)('file to directory under SIGKILL', () => {
  it(`delivers each line of growing files once, killed ${KILLS} times`, { timeout: 30_000 + KILLS * 3_000 }, async () => {
    const directory = await testFolder({ 'pipeline.yaml': PIPELINE })
    await mkdir(join(directory, 'in'))
    const growing = { on: true }
    const written = writeLines(join(directory, 'in'), growing)
    for (let kill = 0; kill < KILLS; kill++) {
      const run = startProgram(['run', 'pipeline.yaml', '--quiet', '--log-level', 'info'], { directory })
      // At any moment: while it starts, recovers, reads, stages, commits or publishes.
      await Promise.race([kill % 3 === 0 ? run.saw(/ObjectPublished/) : systemClock.sleep(200 + Math.random() * 900), run.ended])
      await systemClock.sleep(Math.random() * 60)
      run.child.kill('SIGKILL')
      const { code, err } = await run.ended
      expect(code, err).toBe(-1)
    }
    growing.on = false
    const { records, broken } = await written
    const { code, err } = await startProgram(['run', 'pipeline.yaml', '--quiet', '--log-level', 'info'], { directory }).ended
    expect(code, err).toBe(0)

    expect(await countRows(`${directory}/out/*/*.parquet`)).toEqual({ rows: records, ids: records, sum: (records * (records - 1)) / 2, misplaced: 0 })
    const letters = (await publishedLines(join(directory, 'errors'))).map(({ rawData }) => Buffer.from(String(rawData), 'base64').toString())
    expect(letters.sort()).toEqual(Array.from({ length: broken }, (_, i) => `broken ${i}`).sort())
    expect((await listing(join(directory, 'out'))).filter((path) => path.startsWith('.standpipe-staging/'))).toEqual([])
  })
})

/** Appends lines to three files, sometimes half a line, and renames a file as a log rotation does, until told to stop. */
async function writeLines(folder: string, growing: { readonly on: boolean }): Promise<{ records: number; broken: number }> {
  let records = 0
  let broken = 0
  for (let round = 0; growing.on; round++) {
    const path = join(folder, `lane-${round % 3}.jsonl`)
    let text = ''
    for (let i = 0; i < 40; i++) {
      if ((records + broken) % BROKEN_EVERY === 7) text += `broken ${broken++}\n`
      else text += `${JSON.stringify({ id: records, device: `d${records++ % 5}`, text: 'x'.repeat(records % 100) })}\n`
    }
    const half = text.length >> 1
    await appendFile(path, text.slice(0, half))
    await systemClock.sleep(5)
    await appendFile(path, text.slice(half))
    if (round % 50 === 49) await rename(path, join(folder, `rotated-${round}.jsonl`))
    await systemClock.sleep(5)
  }
  return { records, broken }
}

async function countRows(files: string): Promise<Record<string, unknown>> {
  const database = await DuckDBInstance.create()
  const connection = await database.connect()
  try {
    const [row] = (
      await connection.runAndReadAll(
        `SELECT count(*)::INT AS rows, count(DISTINCT id)::INT AS ids, sum(id)::DOUBLE AS sum, count(*) FILTER (id % 5 <> right(device, 1)::INT)::INT AS misplaced
         FROM read_parquet('${files}', hive_partitioning = true)`,
      )
    ).getRowObjectsJson()
    return row
  } finally {
    connection.closeSync()
    database.closeSync()
  }
}

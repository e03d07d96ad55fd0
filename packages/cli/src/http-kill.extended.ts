import { describe, expect, it } from 'vitest'
import { isCompiled, testFolder } from './command-line.testing.js'
import { freePort, KillTrial } from './http-kill.testing.js'

if (!isCompiled) console.log('skipped: readers and keys of the journal under SIGKILL, because the command line is not built (npm run build)')

const KILLS = Number(process.env.STANDPIPE_KILLS ?? 60)
const timeout = 120_000 + KILLS * 10_000

const twoReaders = (port: number): string => `name: first
source: { http: { port: ${port}, journal: { lanes: 2, segment: 8KiB, keep: { size: 64MiB } }, partitionKey: { field: id } } }
schema: { id: int64, text: string }
sink: { directory: { path: first, format: jsonl, roll: { size: 20KiB, age: 100ms } } }
limits: { checkpoint: 50ms }
---
name: second
source: { journal: { path: .standpipe/journal-first } }
schema: { id: int64, text: string }
sink: { directory: { path: second, format: jsonl, roll: { size: 40KiB, age: 400ms } } }
limits: { checkpoint: 150ms }
`

const keyed = (port: number): string => `name: keyed
source: { http: { port: ${port}, journal: { lanes: 3, segment: 4KiB, keep: { size: 64MiB } }, partitionKey: { field: id } } }
schema: { id: int64, text: string }
sink: { directory: { path: out, format: jsonl, roll: { size: 10KiB, age: 100ms } } }
limits: { checkpoint: 50ms }
`

describe.skipIf(!isCompiled)('the journal under SIGKILL', () => {
  it(`gives each answered record once to both of two pipelines that read it, killed ${KILLS} times`, { timeout }, async () => {
    const port = await freePort()
    const trial = new KillTrial(await testFolder({ 'pipeline.yaml': twoReaders(port) }), port, ['pipeline.yaml'])
    await trial.start()
    trial.send({ clients: 4, keyedEvery: 3 })
    while (trial.kills < KILLS) await trial.kill()
    expect(await trial.finish(['first', 'second'])).toBe(0)
    const answered = trial.of('answered')
    console.log(`two readers, ${KILLS} kills: ${answered.length} records answered, ${trial.of('unknown').length} unknown, ${trial.of('refused').length} refused`)
    expect(answered.length).toBeGreaterThan(KILLS * 5)
    for (const output of ['first', 'second']) {
      const counts = await trial.published(output)
      expect(answered.filter((id) => counts.get(id) !== 1), `answered, and not once in ${output}`).toEqual([])
      expect([...counts].filter(([, count]) => count > 1), `twice in ${output}`).toEqual([])
      expect(trial.of('refused').filter((id) => counts.has(id)), `refused, and in ${output}`).toEqual([])
    }
  })

  it(`keeps one record for a key that is sent again and again, killed ${KILLS} times`, { timeout }, async () => {
    const port = await freePort()
    const trial = new KillTrial(await testFolder({ 'pipeline.yaml': keyed(port) }), port, ['pipeline.yaml'])
    await trial.start()
    trial.send({ clients: 6, keyedEvery: 1, repeats: true })
    while (trial.kills < KILLS) await trial.kill()
    expect(await trial.finish(['out'])).toBe(0)
    const counts = await trial.published('out')
    const answered = trial.of('answered')
    console.log(`keys, ${KILLS} kills: ${answered.length} records answered, ${trial.repetitions} repetitions answered again, ${trial.of('unknown').length} unknown`)
    expect(answered.length).toBeGreaterThan(KILLS * 5)
    expect(trial.repetitions).toBeGreaterThan(KILLS)
    expect(answered.filter((id) => counts.get(id) !== 1), 'answered, and not published once').toEqual([])
    expect([...counts].filter(([, count]) => count > 1), 'published twice').toEqual([])
    expect(trial.contradictions).toEqual([])
  })
})

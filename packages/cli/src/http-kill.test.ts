import { describe, expect, it } from 'vitest'
import { isCompiled, testFolder } from './command-line.testing.js'
import { freePort, KillTrial } from './http-kill.testing.js'

if (!isCompiled) console.log('skipped: `http` under SIGKILL, because the command line is not built (npm run build)')

/** Kills of the loop; the extended tests ask for more. */
const KILLS = Number(process.env.STANDPIPE_KILLS ?? (process.env.STANDPIPE_TEST_ALL === '1' ? 200 : 10))

const pipeline = (port: number): string => `name: killed
source: { http: { port: ${port}, journal: { lanes: 2, segment: 64KiB, keep: { size: 64MiB } }, partitionKey: { field: id } } }
schema: { id: int64, text: string }
sink: { directory: { path: out, format: jsonl, roll: { size: 20KiB, age: 200ms } } }
limits: { checkpoint: 100ms }
`

describe.skipIf(!isCompiled)('http under SIGKILL', () => {
  it(`publishes every answered record once, killed ${KILLS} times under load`, { timeout: 120_000 + KILLS * 10_000 }, async () => {
    const port = await freePort()
    const folder = await testFolder({ 'pipeline.yaml': pipeline(port) })
    const trial = new KillTrial(folder, port, ['pipeline.yaml'])
    await trial.start()
    trial.send({ clients: 4, keyedEvery: 2 })
    while (trial.kills < KILLS) await trial.kill()
    expect(await trial.finish(['out'])).toBe(0)

    const counts = await trial.published('out')
    const answered = trial.of('answered')
    console.log(`${KILLS} kills: ${answered.length} records answered, ${trial.of('unknown').length} unknown, ${trial.of('refused').length} refused, ${counts.size} published`)
    expect(answered.length).toBeGreaterThan(KILLS * 5)
    expect(answered.filter((id) => counts.get(id) !== 1), 'answered, and not published once').toEqual([])
    expect([...counts].filter(([, count]) => count > 1), 'published twice').toEqual([])
    expect(trial.of('refused').filter((id) => counts.has(id)), 'refused, and published').toEqual([])
    expect([...counts.keys()].filter((id) => !trial.fates.has(id)), 'never sent').toEqual([])
    expect(trial.contradictions).toEqual([])
  })
})

// One case in a process of its own: `case.mjs NAME RECORDS`, started by main.mjs. It prepares and warms up, says `ready`, and then
// measures one run for each `run` it is told, until it is disconnected.
import { markHeapLessOften } from 'standpipe'
import { CASES } from './cases.mjs'
import { inputFile } from './inputs.mjs'
import { removeOutput } from './product.mjs'

// As the command does.
markHeapLessOften()
const [name, records] = [process.argv[2], Number(process.argv[3])]
const { input: inputName, prepare } = CASES.get(name)
const input = await inputFile(inputName, records)

process.once('disconnect', () => {
  removeOutput()
  process.exit()
})
const run = await prepare(input)
await measure()
process.on('message', () => measure().then((measured) => process.send(measured)))
process.send({ ready: true, inputBytes: input.bytes })

async function measure() {
  globalThis.gc()
  const cpuBefore = process.cpuUsage()
  const started = performance.now()
  const { records: taken, rows, bytes } = await run()
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  if (taken !== records) throw new Error(`${name} took ${taken} of ${records} records`)
  return { seconds, cpuSeconds: (user + system) / 1e6, rows, outputBytes: bytes, peakBytes: process.resourceUsage().maxRSS * 1024 }
}

import { writeFileSync } from 'node:fs'

// Loaded into a process by `--import`: keeps the most of each kind of memory, and writes it to STANDPIPE_MEMORY_KINDS at the end.

const most = {}
const look = () => {
  for (const [kind, bytes] of Object.entries(process.memoryUsage())) most[kind] = Math.max(most[kind] ?? 0, bytes)
}
setInterval(look, 100).unref()
process.on('exit', () => {
  look()
  writeFileSync(process.env.STANDPIPE_MEMORY_KINDS, JSON.stringify(most))
})

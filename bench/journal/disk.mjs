import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const SIZES = [256, 256 * 1024]

/** How often in a second the disk of a folder takes so many bytes more and makes them durable, one after another: by size. */
export function measureSyncs(folder) {
  return Object.fromEntries(SIZES.map((size) => [size, syncsOf(join(folder, 'sync'), Buffer.alloc(size, 0x61))]))
}

function syncsOf(path, bytes) {
  const file = openSync(path, 'w')
  const started = performance.now()
  let count = 0
  while (performance.now() - started < 700) {
    writeSync(file, bytes)
    fdatasyncSync(file)
    count++
  }
  const seconds = (performance.now() - started) / 1000
  closeSync(file)
  rmSync(path)
  return count / seconds
}

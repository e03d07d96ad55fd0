import type { Logger } from '@standpipe/core'
import type { Segment } from './group-commit.js'
import type { JournalFiles } from './journal-files.js'
import { corrupt, readSegmentHead, SEGMENT_HEAD_BYTES, segmentNumber, segmentPath } from './segment.js'
import { findTornTail } from './scan-segment.js'

/**
 * Finds the segments of a journal, oldest first, and cuts what a crash tore off the end of the last one. Throws
 * SOURCE_DATA_CORRUPT where one is missing in between, is shorter than it was, or is damaged in what was durable.
 */
export async function recoverSegments(files: JournalFiles, folder: string, names: readonly string[], log: Logger): Promise<Segment[]> {
  const numbers = names.map(segmentNumber).filter((number) => number !== undefined).sort((a, b) => a - b)
  const segments: Segment[] = []
  for (const [i, number] of numbers.entries()) {
    const path = segmentPath(folder, number)
    const file = await files.open(path)
    try {
      const head = await readSegmentHead(file, path)
      if (head.number !== number) throw corrupt(path, 0, 'the file was renamed: its head has another number')
      const previous = segments.at(-1)
      if (previous !== undefined && (head.previousNumber !== previous.number || head.previousBytes !== previous.bytes)) {
        const before = segmentPath(folder, head.previousNumber)
        throw corrupt(before, head.previousBytes, `the segment must end here, and be followed by ${path}; it was cut short or taken away`)
      }
      const sizeBytes = await file.sizeBytes()
      const segment: Segment = { number, bytes: sizeBytes, lastArrivalMs: numbers[i + 1] ?? 0 }
      if (i === numbers.length - 1) {
        segment.bytes = await findTornTail(file, path, SEGMENT_HEAD_BYTES, sizeBytes, ({ entry }) => {
          segment.lastArrivalMs = Math.max(segment.lastArrivalMs, entry.arrivalMs)
        })
        if (segment.bytes < sizeBytes) {
          log.warn('the end of the journal was torn by a crash and is cut off; nothing of it was acknowledged', {
            path,
            offset: segment.bytes,
            bytes: sizeBytes - segment.bytes,
          })
          await file.truncate(segment.bytes)
          await file.sync()
        }
      }
      segments.push(segment)
    } finally {
      await file.close()
    }
  }
  return segments
}

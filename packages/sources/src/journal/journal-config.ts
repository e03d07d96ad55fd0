import { join, resolve } from 'node:path'
import { z } from 'zod'
import { ConfigProblemError, duration, size, type BindContext } from '@standpipe/core'
import { SEGMENT_HEAD_BYTES } from './segment.js'

/** Option `journal` of the sources that write one. */
export const journalConfig = z
  .strictObject({
    path: z.string().min(1).optional().describe('Folder of the journal, on a local disk; `.standpipe/journal-<pipeline>` by default, in the folder of the pipeline file.'),
    lanes: z.int().min(1).max(1024).default(1).describe('Shards: records are spread over them by their partition key, and keep their order within one.'),
    segment: size().prefault('64MiB').describe('A file of the journal; what is delivered is deleted by whole files.'),
    keep: z
      .strictObject({
        size: size().prefault('4GiB').describe('The journal never grows beyond it: when all of it is undelivered, requests are refused (503).'),
        time: duration().prefault('0s').describe('How long what is delivered is kept, unless room is needed.'),
      })
      .prefault({}),
    fsync: z.boolean().default(true).describe('Without it, a power cut loses records that were acknowledged.'),
  })
  .prefault({})

/** Option `journal`, with its defaults. */
export type JournalConfig = z.output<typeof journalConfig>

/** The folder of a pipeline's journal. */
export function journalFolder(path: string | undefined, context: BindContext): string {
  return resolve(context.directory, path ?? join('.standpipe', `journal-${context.pipeline}`))
}

/** Checks what the shape alone cannot say, and warns. Throws ConfigProblemError. */
export function checkJournalConfig({ segment, keep, fsync }: JournalConfig, context: BindContext): void {
  if (segment <= 2 * SEGMENT_HEAD_BYTES || segment > 1024 ** 3) throw new ConfigProblemError('expected a size up to 1GiB', { path: ['journal', 'segment'] })
  if (keep.size < 2 * segment) {
    throw new ConfigProblemError('keep.size must be at least twice the size of a segment', { path: ['journal', 'keep', 'size'], hint: 'the file being written is never deleted' })
  }
  if (!fsync) context.warn('without fsync a power cut loses records that were acknowledged', ['journal', 'fsync'])
}

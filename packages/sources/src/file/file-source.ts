import { z } from 'zod'
import { ConfigProblemError, defineSource, duration, size, type Source } from '@standpipe/core'
import { bindRecordFormat, recordFormatConfig } from '../reading/record-format.js'
import { comparePlaces } from '../reading/stream-position.js'
import { encodingLabel } from '../reading/text-encoding.js'
import { detectCompression } from './compression.js'
import { FileGenerations } from './file-generations.js'
import { follow, type FollowOptions } from './follow.js'
import { leftBytes } from './left-bytes.js'
import { readOnce } from './read-once.js'

const followConfig = z.strictObject({
  poll: duration().prefault('1s').describe('How often to look for new records and files.'),
  stopAfterIdle: duration().optional().describe('Stop when nothing new came for so long.'),
})

const config = z.strictObject({
  path: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .describe('File, or glob, or a list of them; relative to the folder of the pipeline file.'),
  format: recordFormatConfig.default('jsonl'),
  compression: z
    .enum(['auto', 'none', 'gzip', 'zstd'])
    .default('auto')
    .describe('`auto` goes by the end of the name (.gz, .zst), else by the first bytes of the file.'),
  encoding: z
    .string()
    .default('utf-8')
    .describe('Encoding of the text: utf-8, euc-kr (also as cp949), utf-16le, …; a byte-order mark in the file wins.'),
  follow: z
    .union([z.boolean(), followConfig])
    .default(false)
    .describe('Go on reading files that grow, are rotated or replaced, and new files; otherwise each is read once to its end.'),
  maxRecord: size().prefault('10MiB').describe('Larger records become dead letters.'),
})

/** Source `file`: files of JSON, CSV or TSV, read once or followed. A shard is one file. */
export const fileSource = defineSource({
  name: 'file',
  summary: 'Reads files of JSON lines, JSON arrays, CSV or TSV, once or as they grow.',
  stability: 'beta',
  description: `A shard is one file, named by its path. Read again after a crash, it goes on after the last checkpoint: the file is
recognised by its first bytes, also after it was renamed by a log rotation; a file that was replaced is read from its start, as a
new generation (\`orders.csv#2\`). Read once, files come one after another in the order of their paths, and the arrival time of
their records is the file's modification time when they were first read; followed, it is the time of reading, another one when they
are read again: a partition by \`!{arrival:…}\` then holds each record at least once.


With \`follow\` only complete lines are records until the file is rotated or removed. A file that is emptied or overwritten in place
loses what was not read yet. A JSON array is followed value by value. Each followed file is held open.

Damaged or cut off compressed files give all records before the damage, then the run stops with SOURCE_DATA_CORRUPT. Checksums of
zstd frames are not checked. A file that is not plain UTF-8 is read and skipped from its start when a run resumes within it.`,
  config,
  examples: [
    { title: 'JSON lines', config: { path: 'data/*.jsonl' } },
    { title: 'CSV with semicolons in a Korean encoding', config: { path: 'export.csv', format: { csv: { separator: ';' } }, encoding: 'cp949' } },
    { title: 'A log that is rotated', config: { path: 'logs/app.log*', follow: { poll: '500ms' } } },
  ],
  bind(options, context): Source {
    const format = bindRecordFormat(options.format)
    const encoding = encodingLabel(options.encoding)
    if (encoding === undefined) {
      throw new ConfigProblemError(`unknown encoding \`${options.encoding}\``, { path: ['encoding'], hint: 'utf-8, euc-kr, utf-16le, …' })
    }
    const patterns = typeof options.path === 'string' ? [options.path] : options.path
    const following = followOptions(options.follow)
    return {
      traits: {
        replayable: true,
        ordered: true,
        bounded: following === undefined || following.stopAfterIdleMs !== undefined,
        stableArrival: following === undefined,
      },
      format: format.decode,
      comparePositions: comparePlaces,
      leftBytes: async (shard, position) => (encoding === 'utf-8' ? leftBytes(context.directory, options.compression, shard, position) : undefined),
      read(runtime) {
        const generations = new FileGenerations(runtime, runtime.log, following !== undefined)
        const run = {
          patterns,
          directory: context.directory,
          generations,
          runtime,
          reading: {
            format,
            encoding,
            maxRecordBytes: options.maxRecord,
            chunkBytes: runtime.batchBytes,
            compressionOf: ({ path, head }: { path: string; head: Uint8Array }) => detectCompression(options.compression, path, head),
            now: () => runtime.clock.now(),
          },
        }
        return following === undefined ? readOnce(run) : follow(run, following)
      },
    }
  },
})

function followOptions(option: z.output<typeof config>['follow']): FollowOptions | undefined {
  if (option === false) return undefined
  if (option === true) return { pollMs: 1_000 }
  return { pollMs: option.poll, stopAfterIdleMs: option.stopAfterIdle }
}

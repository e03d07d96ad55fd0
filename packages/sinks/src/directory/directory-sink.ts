import { resolve } from 'node:path'
import { defineSink, type ObjectSink } from '@standpipe/core/component'
import { z } from 'zod'
import { objectOptions, objectOptionsConfig } from '../object-options.js'
import { DirectoryStore } from './directory-store.js'

/** Sink `directory`: objects as files of a folder. */
export const directorySink = defineSink({
  name: 'directory',
  summary: 'Files in a folder, each published whole and once.',
  stability: 'beta',
  description: [
    'Objects are written to `.standpipe-staging` inside the folder, synced, and then linked to their final name, so a',
    'reader never sees a part of one. The folder must be on a file system with hard links; partitions must not be',
    'mount points of their own. Nothing is ever overwritten.',
  ].join('\n'),
  config: z.strictObject({
    path: z.string().min(1).describe('The folder, relative to the pipeline file; made if it is not there.'),
    ...objectOptionsConfig,
  }),
  examples: [
    { title: 'Parquet, one folder a day', config: { path: 'out/telemetry', prefix: 'dt=!{event:ts:yyyy-MM-dd}/' } },
    { title: 'JSON lines, small files', config: { path: 'out', format: { jsonl: { compression: 'gzip' } }, roll: { size: '8MiB', age: '30s' } } },
  ],
  bind(config, _schema, context): ObjectSink {
    const path = resolve(context.directory, config.path)
    return {
      kind: 'object',
      location: path,
      guarantee: 'transactional',
      ...objectOptions(config),
      createStore: () => new DirectoryStore({ path }),
    }
  },
})

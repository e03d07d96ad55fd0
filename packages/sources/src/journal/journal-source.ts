import { resolve } from 'node:path'
import { z } from 'zod'
import { defineSource, type BindContext, type Runtime, type Source, type SourceEvent, type SourceRuntime } from '@standpipe/core'
import { comparePositions } from './place.js'
import { readJournal } from './read-journal.js'
import type { JournalReader } from './readers.js'
import { useJournal, type JournalUse } from './shared-journals.js'

const config = z.strictObject({
  path: z.string().min(1).describe('Folder of the journal, as its `http` source names it; relative to the folder of the pipeline file.'),
})

/** Source `journal`: a journal that a source of another pipeline of the same process writes. */
export const journalSource = defineSource({
  name: 'journal',
  summary: 'Reads the journal that the `http` source of another pipeline in the same file writes.',
  stability: 'beta',
  description: `Several pipelines can read one journal, each at its own position; nothing is deleted before all of them have delivered it.
A pipeline counts from its first run on; one that is gone for good is forgotten by deleting its \`.reader.json\` file in the journal's
folder, while nothing runs. The journal belongs to one process: pipelines in other processes cannot read it.`,
  config,
  examples: [{ title: 'A second pipeline for the same records', config: { path: '.standpipe/journal-ingest' } }],
  bind: (options, context): Source => new JournalSource(options.path, context),
})

class JournalSource implements Source {
  readonly traits = { replayable: true, ordered: true, bounded: false, stableArrival: true }
  readonly comparePositions = comparePositions
  private open: { readonly use: JournalUse; readonly reader: JournalReader } | undefined

  constructor(
    private readonly path: string,
    private readonly context: BindContext,
  ) {}

  /** Registers the reader before the other pipeline can have delivered anything and deleted it. */
  async claim(runtime: Runtime): Promise<void> {
    this.open ??= await this.openJournal(runtime)
  }

  async *read(runtime: SourceRuntime): AsyncGenerator<SourceEvent> {
    if (runtime.stopping.aborted || runtime.signal.aborted) return
    const { use, reader } = (this.open ??= await this.openJournal(runtime))
    yield* readJournal({ journal: use.journal, reader, runtime, stopAppending: () => Promise.resolve() })
  }

  checkpointed(shard: string, position: string): void {
    this.open?.use.journal.checkpointed(this.open.reader, shard, position)
  }

  async close(): Promise<void> {
    const { open } = this
    this.open = undefined
    await open?.use.release()
  }

  private async openJournal({ pipeline, clock, log }: Runtime): Promise<NonNullable<JournalSource['open']>> {
    const use = await useJournal(resolve(this.context.directory, this.path), clock, log)
    try {
      return { use, reader: await use.journal.openReader(pipeline) }
    } catch (error) {
      await use.release()
      throw error
    }
  }
}

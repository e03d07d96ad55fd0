import type { SourceEvent } from '@standpipe/core'
import { lastKnown, type Assignment } from './file-generations.js'
import { FileReader } from './file-reader.js'
import { endEvent, inspectFile, lookForFiles, recordsEvent, type FileRun } from './file-run.js'
import { nothingFound } from './find-files.js'

/** Reads each file to its end, one after another in the order of their paths. */
export async function* readOnce(run: FileRun): AsyncGenerator<SourceEvent> {
  const { generations, reading, runtime } = run
  const { files, unanswered } = await lookForFiles(run)
  if (unanswered.length > 0) {
    // Files of earlier runs may have been tidied away; without an earlier run it is a wrong path.
    if (generations.isEmpty) throw nothingFound(unanswered, run.directory)
    runtime.log.info('no file matches any more', { patterns: unanswered })
  }
  const inspected = []
  for (const file of files) inspected.push(await inspectFile(file, reading))
  const assignments = generations.assign(inspected, new Set())
  const assigned = new Set(assignments.map(({ generation }) => generation))
  for (const { shard } of generations.unfinished(assigned)) {
    runtime.log.warn('a file was not read to its end and is gone', { shard })
  }
  for (const assignment of assignments) {
    if (runtime.stopping.aborted || runtime.signal.aborted) return
    yield* readFile(run, assignment)
  }
}

async function* readFile({ reading, runtime }: FileRun, { file, generation, from, continues }: Assignment): AsyncGenerator<SourceEvent> {
  const reader = await FileReader.open(file, reading, from, lastKnown(generation)?.arrivalMs ?? file.modifiedMs)
  try {
    let silent = continues
    for (let block = await reader.next(); block !== undefined; block = await reader.next()) {
      silent = false
      yield recordsEvent(generation, block)
      if (runtime.stopping.aborted || runtime.signal.aborted) return
    }
    for (const block of await reader.finish()) {
      silent = false
      yield recordsEvent(generation, block)
    }
    if (!silent) yield endEvent(generation)
  } finally {
    await reader.close()
  }
}

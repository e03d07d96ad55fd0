import { realpath } from 'node:fs/promises'
import type { Clock, Logger } from '@standpipe/core'
import { Journal } from './journal.js'
import { nodeJournalFiles } from './journal-files.js'
import { lockJournal } from './journal-lock.js'

interface SharedJournal {
  uses: number
  readonly opened: Promise<{ readonly journal: Journal; readonly unlock: () => Promise<void> }>
}

const open = new Map<string, SharedJournal>()
const closing = new Map<string, Promise<void>>()

/** A journal in use; `release` gives it back, and resolves when the last user's release has closed it. */
export interface JournalUse {
  readonly journal: Journal
  release(): Promise<void>
}

/** Opens the journal in a folder, or joins those of this process that use it: pipelines that read one journal share it. */
export async function useJournal(folder: string, clock: Clock, log: Logger): Promise<JournalUse> {
  await nodeJournalFiles.makeDirectory(folder)
  const path = await realpath(folder)
  await closing.get(path)
  let shared = open.get(path)
  if (shared === undefined) open.set(path, (shared = { uses: 0, opened: openLocked(path, clock, log) }))
  const own = shared
  own.uses++
  let released: Promise<void> | undefined
  const release = (): Promise<void> => (released ??= giveBack(path, own))
  try {
    return { journal: (await own.opened).journal, release }
  } catch (error) {
    if (--own.uses === 0) open.delete(path)
    throw error
  }
}

async function openLocked(path: string, clock: Clock, log: Logger): Promise<{ journal: Journal; unlock: () => Promise<void> }> {
  const unlock = await lockJournal(path)
  try {
    return { journal: await Journal.open({ folder: path, files: nodeJournalFiles, clock, log }), unlock }
  } catch (error) {
    await unlock()
    throw error
  }
}

function giveBack(path: string, shared: SharedJournal): Promise<void> {
  if (--shared.uses > 0) return Promise.resolve()
  open.delete(path)
  const closed = shared.opened
    .then(async ({ journal, unlock }) => {
      try {
        await journal.close()
      } finally {
        await unlock()
      }
    })
    .finally(() => closing.delete(path))
  closing.set(path, closed.catch(() => undefined)) // whoever released it is told
  return closed
}

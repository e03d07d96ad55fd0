import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LedgerDocument } from '../../component/index.js'
import { StateStore } from '../aligned/state-store.js'
import { createFileLedger } from './file-ledger.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standpipe-blobs-'))
})
afterEach(() => rm(folder, { recursive: true }))

const storeOf = (): StateStore => new StateStore(createFileLedger(folder), (call) => call())
const state = Buffer.from('windows and keys')

test('gives back a state by its reference, also to another process', async () => {
  const reference = await storeOf().save(state, 3)
  expect(Buffer.from(await storeOf().load(reference))).toEqual(state)
})

test('refuses a state that is damaged or missing', async () => {
  const reference = await storeOf().save(state, 3)
  await writeFile(join(folder, '3-1.state'), 'windows and keyz')
  await expect(storeOf().load(reference)).rejects.toMatchObject({ code: 'LEDGER_CORRUPT' })
  await storeOf().remove(reference)
  await expect(storeOf().load(reference)).rejects.toMatchObject({ code: 'LEDGER_CORRUPT' })
})

test('collects what earlier epochs left and the document does not name, and nothing of its own', async () => {
  await storeOf().save(state, 3)
  const kept = await storeOf().save(state, 4)
  const former = await storeOf().save(state, 2)
  await storeOf().save(state, 5)
  await storeOf().collect({ epoch: 5, aligned: { state: kept, previous: { state: former, shards: {} } } } as unknown as LedgerDocument)
  expect((await readdir(folder)).sort()).toEqual(['2-1.state', '4-1.state', '5-1.state'])
})

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { nodeFileLayer, type LedgerDocument } from '../../component/index.js'
import { createFileLedger } from './file-ledger.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standpipe-ledger-'))
})
afterEach(() => rm(folder, { recursive: true }))

const documentAt = (epoch: number, seq: number, writeId = `w:${epoch}:${seq}`): LedgerDocument => ({
  format: 1,
  pipeline: 'p',
  id: 'id',
  epoch,
  seq,
  writeId,
  fingerprint: 'f',
  configuration: '',
  shards: { a: { checkpoint: '3', ahead: { 'lake|x': '5' } } },
  staged: [],
  ends: {},
  totals: {},
})

test('gives back what was saved, also to another process', async () => {
  expect(await createFileLedger(folder).load()).toBeUndefined()
  expect(await createFileLedger(folder).save(documentAt(1, 0), undefined)).toBe(true)
  expect(await createFileLedger(folder).load()).toEqual(documentAt(1, 0))
})

test('refuses a save that expects another epoch or seq', async () => {
  const ledger = createFileLedger(folder)
  await ledger.save(documentAt(1, 0), undefined)
  expect(await ledger.save(documentAt(1, 1), { epoch: 1, seq: 7 })).toBe(false)
  expect(await ledger.save(documentAt(2, 1), undefined)).toBe(false)
  expect(await ledger.load()).toEqual(documentAt(1, 0))
})

test('of many writers of the next version one wins', async () => {
  await createFileLedger(folder).save(documentAt(1, 0), undefined)
  const writers = Array.from({ length: 16 }, (_, i) => createFileLedger(folder).save(documentAt(1, 1, `w:${i}`), { epoch: 1, seq: 0 }))
  const won = (await Promise.all(writers)).filter(Boolean)
  expect(won).toHaveLength(1)
})

test('a writer that stood still while its number was used and removed has not won', async () => {
  const others = createFileLedger(folder)
  await others.save(documentAt(1, 0), undefined)
  const slow = createFileLedger(folder, {
    ...nodeFileLayer,
    link: async (from, to) => {
      for (let seq = 0; seq < 3; seq++) await others.save(documentAt(1, seq + 1), { epoch: 1, seq })
      await nodeFileLayer.link(from, to)
    },
  })
  expect(await slow.save(documentAt(1, 1, 'slow'), { epoch: 1, seq: 0 })).toBe(false)
  expect(await createFileLedger(folder).load()).toEqual(documentAt(1, 3))
})

test('makes a version durable that another process linked and could not sync, before it tells of it', async () => {
  const steps: string[] = []
  const failing = createFileLedger(folder, { ...nodeFileLayer, syncDirectory: (path) => (path === folder ? Promise.reject(new Error('EIO')) : nodeFileLayer.syncDirectory(path)) })
  await expect(failing.save(documentAt(1, 0), undefined)).rejects.toMatchObject({ code: 'SINK_UNREACHABLE', retryable: true })
  await expect(failing.load()).rejects.toMatchObject({ code: 'SINK_UNREACHABLE' })
  const next = createFileLedger(folder, { ...nodeFileLayer, syncDirectory: (path) => (steps.push(path), nodeFileLayer.syncDirectory(path)) })
  expect(await next.load()).toEqual(documentAt(1, 0))
  expect(steps.at(-1)).toBe(folder)
})

test('makes the folders that lead to it durable, also those it found', async () => {
  const synced: string[] = []
  const ledger = createFileLedger(join(folder, 'state', 'ledger'), { ...nodeFileLayer, syncDirectory: (path) => (synced.push(path), nodeFileLayer.syncDirectory(path)) })
  await ledger.save(documentAt(1, 0), undefined)
  expect(synced).toEqual(expect.arrayContaining([folder, join(folder, 'state'), join(folder, 'state', 'ledger')]))
})

test('keeps no more than the last two versions, and nothing half-written', async () => {
  const ledger = createFileLedger(folder)
  await ledger.save(documentAt(1, 0), undefined)
  for (let seq = 0; seq < 5; seq++) await ledger.save(documentAt(1, seq + 1), { epoch: 1, seq })
  expect((await readdir(folder)).sort()).toEqual(['000000000005.json', '000000000006.json'])
})

test('refuses a document of a later format, and one that is not a ledger, by name', async () => {
  await writeFile(join(folder, '000000000001.json'), JSON.stringify({ ...documentAt(1, 0), format: 2 }))
  await expect(createFileLedger(folder).load()).rejects.toMatchObject({ code: 'LEDGER_NEWER' })
  await writeFile(join(folder, '000000000002.json'), '{"format":1')
  await expect(createFileLedger(folder).load()).rejects.toMatchObject({ code: 'LEDGER_CORRUPT' })
})

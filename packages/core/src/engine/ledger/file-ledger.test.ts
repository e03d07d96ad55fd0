import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { nodeFileLayer, type LedgerChange, type LedgerDocument } from '../../component/index.js'
import { createFileLedger } from './file-ledger.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standpipe-ledger-'))
})
afterEach(() => rm(folder, { recursive: true }))

const documentAt = (epoch: number, seq: number, writeId = `w:${epoch}:${seq}`): LedgerDocument => ({
  format: 2,
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

const aside = (names: readonly string[]): string[] => names.filter((name) => !/^\d{12}\.json$/.test(name))
const changeAt = (seq: number, change: Partial<LedgerChange> = {}): LedgerChange => ({ epoch: 1, seq, writeId: `w:1:${seq}`, ...change })
const unused = (): never => expect.unreachable('the whole document was asked for')

test('keeps what the newest version stands on, and nothing half-written', async () => {
  const ledger = createFileLedger(folder)
  await ledger.save(documentAt(1, 0), undefined)
  for (let seq = 0; seq < 5; seq++) await ledger.save(documentAt(1, seq + 1), { epoch: 1, seq })
  expect(await readdir(folder)).toEqual(['000000000006.json'])
  const document = (seq: number): LedgerDocument => ({ ...documentAt(1, seq), shards: { a: { checkpoint: String(seq), ahead: {} } } })
  for (let seq = 6; seq < 300; seq++) {
    const change = changeAt(seq, { shards: { a: { checkpoint: String(seq), ahead: { 'lake|x': null } } } })
    expect(await ledger.saveChange?.(change, { epoch: 1, seq: seq - 1 }, () => document(seq))).toBe(true)
  }
  const names = await readdir(folder)
  expect(names.length).toBeGreaterThan(10)
  expect(names.length).toBeLessThanOrEqual(101)
  expect(aside(names)).toEqual([])
  expect(await createFileLedger(folder).load()).toEqual(document(299))
})

test('writes as much as changed, and reads nothing again that it wrote itself', async () => {
  const written: number[] = []
  const read: string[] = []
  const ledger = createFileLedger(folder, {
    ...nodeFileLayer,
    writeAt: (path, position, bytes, mode) => (written.push(bytes.length), nodeFileLayer.writeAt(path, position, bytes, mode)),
    readFile: (path) => (read.push(path), nodeFileLayer.readFile(path)),
  })
  const shards = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`s${i}`, { checkpoint: '1', ahead: {} }]))
  await ledger.save({ ...documentAt(1, 0), shards }, undefined)
  for (let seq = 1; seq <= 50; seq++) await ledger.saveChange?.(changeAt(seq, { shards: { s7: { checkpoint: String(seq) } } }), { epoch: 1, seq: seq - 1 }, unused)
  expect(written[0]).toBeGreaterThan(100_000)
  expect(Math.max(...written.slice(1))).toBeLessThan(200)
  expect(read).toEqual([])
  expect((await createFileLedger(folder).load())?.shards.s7).toEqual({ checkpoint: '50', ahead: {} })
})

test('a change is refused by a writer that expects another version, and by one that stood still', async () => {
  const others = createFileLedger(folder)
  const slow = createFileLedger(folder)
  await others.save(documentAt(1, 0), undefined)
  await slow.load()
  for (let seq = 1; seq < 4; seq++) await others.saveChange?.(changeAt(seq), { epoch: 1, seq: seq - 1 }, unused)
  expect(await slow.saveChange?.(changeAt(1, { writeId: 'slow', dropped: ['x'] }), { epoch: 1, seq: 0 }, unused)).toBe(false)
  await others.save(documentAt(1, 4), { epoch: 1, seq: 3 })
  // Its number was used and removed since.
  await slow.load()
  for (let seq = 5; seq < 8; seq++) await others.save(documentAt(1, seq), { epoch: 1, seq: seq - 1 })
  expect(await slow.saveChange?.(changeAt(5, { writeId: 'slow' }), { epoch: 1, seq: 4 }, unused)).toBe(false)
  expect(await createFileLedger(folder).load()).toEqual(documentAt(1, 7))
  expect(await others.saveChange?.(changeAt(8), { epoch: 1, seq: 7 }, unused)).toBe(true)
})

test('says that a version is missing which others stand on', async () => {
  const ledger = createFileLedger(folder)
  await ledger.save(documentAt(1, 0), undefined)
  for (let seq = 1; seq < 4; seq++) await ledger.saveChange?.(changeAt(seq), { epoch: 1, seq: seq - 1 }, unused)
  await rm(join(folder, '000000000002.json'))
  await expect(createFileLedger(folder).load()).rejects.toMatchObject({ code: 'LEDGER_CORRUPT', retryable: false })
})

test('reads a document of the first format', async () => {
  const former = { ...documentAt(1, 0), format: 1, ends: { 'lake|x': { '7': '1', a: '2' } } }
  await writeFile(join(folder, '000000000009.json'), JSON.stringify(former))
  expect(await createFileLedger(folder).load()).toEqual({ ...documentAt(1, 0), ends: { 'lake|x': [['7', '1'], ['a', '2']] } })
})

test('refuses a version of a later format, and one that is not a ledger, by name', async () => {
  const refused = async (text: string): Promise<unknown> => {
    await writeFile(join(folder, '000000000001.json'), text)
    return createFileLedger(folder).load().catch((error: unknown) => error)
  }
  expect(await refused(JSON.stringify({ ...documentAt(1, 0), format: 3 }))).toMatchObject({ code: 'LEDGER_NEWER' })
  expect(await refused(JSON.stringify({ format: 3, base: 1, change: {} }))).toMatchObject({ code: 'LEDGER_NEWER' })
  expect(await refused('{"format":1')).toMatchObject({ code: 'LEDGER_CORRUPT' })
  expect(await refused('{"format":2,"change":7}')).toMatchObject({ code: 'LEDGER_CORRUPT' })
})

test('says that a file stands where its folder should be, or one that leads to it', async () => {
  await writeFile(join(folder, 'ledger'), 'in the way')
  for (const path of [join(folder, 'ledger'), join(folder, 'ledger', 'deeper')]) {
    const refused = { code: 'SINK_NOT_FOUND', retryable: false, message: expect.stringContaining('a file stands where') as string }
    await expect(createFileLedger(path).load()).rejects.toMatchObject(refused)
    await expect(createFileLedger(path).save(documentAt(1, 0), undefined)).rejects.toMatchObject(refused)
  }
})

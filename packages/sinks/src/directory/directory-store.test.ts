import { mkdir, mkdtemp, readdir, readFile, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeObjectStore, nameObject, patternBytes, stageParts } from '@standpipe/testkit'
import { DirectoryStore } from './directory-store.js'
import type { DirectoryStaging } from './directory-upload.js'
import { fileErrorCode, nodeFileLayer, type FileLayer } from '@standpipe/core/component'

const freshFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'standpipe-directory-'))
const never = new AbortController().signal

describeObjectStore('directory', {
  waivers: { properties: 'a file has no content type' },
  async create() {
    const path = await freshFolder()
    return {
      store: new DirectoryStore({ path }),
      async restart() {
        const store = new DirectoryStore({ path })
        await store.open(never)
        return store
      },
      read: (key) => readIfThere(join(path, key)),
      remove: (staged) => unlink(join(path, '.standpipe-staging', (staged.upload as DirectoryStaging).file)),
      close: () => rm(path, { recursive: true }),
    }
  },
})

describe('DirectoryStore', () => {
  let path: string
  beforeEach(async () => {
    path = await freshFolder()
  })
  afterEach(() => rm(path, { recursive: true, force: true }))

  const open = async (files: Partial<FileLayer> = {}, folder = path): Promise<DirectoryStore> => {
    const store = new DirectoryStore({ path: folder, files: { ...nodeFileLayer, ...files } })
    await store.open(never)
    return store
  }

  it('leaves nothing in the staging folder of what was published, aborted or discarded', async () => {
    const store = await open()
    await store.publish(await stageParts(store, 'a-1', [patternBytes(10, 1)]))
    await store.discard(await stageParts(store, 'a-2', [patternBytes(10, 2)]))
    const upload = await store.begin(nameObject('a-3').key, nameObject('a-3').properties)
    await upload.write(patternBytes(10, 3))
    await upload.abort()
    expect(await readdir(join(path, '.standpipe-staging'))).toEqual([])
  })

  it('makes the folder with its parents', async () => {
    const deep = join(path, 'a/b/c')
    const store = await open({}, deep)
    await store.publish(await stageParts(store, 'a-1', [patternBytes(10, 1)]))
    expect(await readdir(deep)).toContain('dt=2026-03-01')
  })

  it.each(['../outside', 'a/../../outside', '/etc/outside', 'a//b', 'a/./b', 'a/b/', '', 'a\0b', '.standpipe-staging/x'])(
    'refuses the key %j, which is no path below the folder',
    async (key) => {
      const store = await open()
      await expect(store.begin(key, nameObject('a-1').properties)).rejects.toMatchObject({ code: 'SINK_REJECTED', retryable: false })
    },
  )

  it('keeps an identity that looks like a path inside the staging folder', async () => {
    const store = await open()
    for (const identity of ['../../outside', '..', 'a/b', '.hidden']) {
      const upload = await store.begin(`x/${identity.length}`, { ...nameObject('a-1').properties, identity })
      await upload.write(patternBytes(10, 1))
      await upload.stage()
    }
    expect(await readdir(join(path, '.standpipe-staging'))).toHaveLength(4)
    const listed: string[] = []
    for await (const object of store.listStaged()) listed.push(object.identity)
    expect(listed.sort()).toEqual(['..', '../../outside', '.hidden', 'a/b'])
  })

  it('refuses a ledger entry whose file is not in the staging folder', async () => {
    const store = await open()
    const staged = await stageParts(store, 'a-1', [patternBytes(10, 1)])
    for (const file of ['../victim', '..', 'a/b', '']) {
      await expect(store.discard({ ...staged, upload: { file } })).rejects.toMatchObject({ code: 'LEDGER_CORRUPT' })
    }
  })

  it('refuses to publish through a symbolic link that leads out of the folder', async () => {
    const outside = await freshFolder()
    const store = await open()
    await symlink(outside, join(path, 'dt=2026-03-01'))
    const staged = await stageParts(store, 'a-1', [patternBytes(10, 1)])
    await expect(store.publish(staged)).rejects.toMatchObject({ code: 'SINK_REJECTED' })
    expect(await readdir(outside)).toEqual([])
    await rm(outside, { recursive: true })
  })

  it('writes a part again where the first attempt stopped half-way', async () => {
    let failures = 1
    const store = await open({
      async writeAt(file, position, bytes) {
        if (position === 0 || failures-- <= 0) return nodeFileLayer.writeAt(file, position, bytes)
        await nodeFileLayer.writeAt(file, position, bytes.subarray(0, 5))
        throw Object.assign(new Error('full'), { code: 'ENOSPC' })
      },
    })
    const { key, properties } = nameObject('a-1')
    const upload = await store.begin(key, properties)
    await upload.write(patternBytes(10, 1))
    await expect(upload.write(patternBytes(10, 2))).rejects.toMatchObject({ code: 'DISK_FULL', retryable: true })
    await upload.write(patternBytes(10, 2))
    await store.publish(await upload.stage())
    expect(await readFile(join(path, key))).toEqual(Buffer.concat([patternBytes(10, 1), patternBytes(10, 2)]))
  })

  it('never calls an object durable after a sync that failed', async () => {
    let failures = 1
    const store = await open({
      async syncFile(file, bytes) {
        if (failures-- > 0) throw Object.assign(new Error('i/o'), { code: 'EIO' })
        await nodeFileLayer.syncFile(file, bytes)
      },
    })
    const upload = await store.begin(nameObject('a-1').key, nameObject('a-1').properties)
    await upload.write(patternBytes(10, 1))
    await expect(upload.stage()).rejects.toMatchObject({ retryable: false })
    await expect(upload.stage()).rejects.toMatchObject({ retryable: false, message: expect.stringContaining('written again') as string })
  })

  it.each([
    ['EACCES', 'SINK_ACCESS_DENIED', false],
    ['EROFS', 'SINK_ACCESS_DENIED', false],
    ['EMFILE', 'SINK_BUSY', true],
    ['EIO', 'SINK_REJECTED', false],
  ])('reports %s on opening as %s', async (code, expected, retryable) => {
    const writeAt = (): Promise<void> => Promise.reject(Object.assign(new Error('no'), { code }))
    await expect(open({ writeAt })).rejects.toMatchObject({ code: expected, retryable, component: 'directory' })
  })

  it('refuses a file system without hard links at the start', async () => {
    const link = (): Promise<void> => Promise.reject(Object.assign(new Error('no'), { code: 'EPERM' }))
    await expect(open({ link })).rejects.toMatchObject({ code: 'SINK_REJECTED', message: expect.stringContaining('hard links') as string })
  })

  it('warns of a file system that cannot sync folders', async () => {
    const store = new DirectoryStore({ path, files: { ...nodeFileLayer, syncDirectory: async () => false } })
    expect(await store.open(never)).toEqual([expect.stringContaining('cannot sync folders')])
  })

  it('says that the folder is gone, not that an object vanished, when the file system is not mounted', async () => {
    const store = await open()
    const staged = await stageParts(store, 'a-1', [patternBytes(10, 1)])
    await rm(path, { recursive: true })
    await mkdir(path)
    await expect(store.publish(staged)).rejects.toMatchObject({ code: 'SINK_NOT_FOUND' })
  })

  it('does not take a file of another size at the key for its own', async () => {
    const store = await open()
    const staged = await stageParts(store, 'a-1', [patternBytes(10, 1)])
    await store.publish(staged)
    await writeFile(join(path, staged.key), 'other')
    await expect(store.publish(staged)).rejects.toMatchObject({ code: 'SINK_REJECTED' })
  })

  it('publishes on when it died between link and unlink', async () => {
    let dies = true
    const store = await open({
      async unlink(file) {
        if (dies && file.endsWith('a-1')) throw Object.assign(new Error('died'), { code: 'EIO' })
        await nodeFileLayer.unlink(file)
      },
    })
    const staged = await stageParts(store, 'a-1', [patternBytes(10, 1)])
    await expect(store.publish(staged)).rejects.toMatchObject({ name: 'StandpipeError' })
    dies = false
    expect(await store.publish(staged)).toBe('published')
    expect(await readdir(join(path, '.standpipe-staging'))).toEqual([])
  })

  it('tries again when the folder is removed while it publishes, and does not call the object vanished', async () => {
    let removals = 1
    const store = await open({
      async link(from, to) {
        if (to.includes('dt=') && removals-- > 0) await rm(join(path, 'dt=2026-03-01'), { recursive: true })
        await nodeFileLayer.link(from, to)
      },
    })
    const staged = await stageParts(store, 'a-1', [patternBytes(10, 1)])
    await expect(store.publish(staged)).rejects.toMatchObject({ retryable: true })
    expect(await store.publish(staged)).toBe('published')
  })

  it('gives up the temporary name only after every name on the way to the final one is durable', async () => {
    const steps: string[] = []
    const relative = (file: string): string => file.slice(path.length).replace(/^\//, '') || '.'
    const store = await open()
    const staged = await stageParts(store, 'a-1', [patternBytes(10, 1)], 'a/b')
    const traced = new DirectoryStore({
      path,
      files: {
        ...nodeFileLayer,
        makeDirectory: (file) => (steps.push(`make ${relative(file)}`), nodeFileLayer.makeDirectory(file)),
        syncDirectory: (file) => (steps.push(`sync ${relative(file)}`), nodeFileLayer.syncDirectory(file)),
        link: (from, to) => (steps.push('link'), nodeFileLayer.link(from, to)),
        unlink: (file) => (steps.push('unlink'), nodeFileLayer.unlink(file)),
      },
    })
    await traced.publish(staged)
    expect(steps).toEqual(['make a', 'sync .', 'make a/b', 'sync a', 'link', 'sync a/b', 'unlink'])
  })
})

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

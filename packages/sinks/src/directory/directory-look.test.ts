import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DirectoryStore } from './directory-store.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standpipe-look-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('says whether a staged object is still staged, published, or gone', async () => {
  const store = new DirectoryStore({ path: folder })
  await store.open(new AbortController().signal)
  const stage = async (key: string, identity: string) => {
    const upload = await store.begin(key, { contentType: 'text/plain', identity })
    await upload.write(Buffer.from('rows'))
    return upload.stage()
  }
  const [one, two] = [await stage('a/one.txt', 'id-1'), await stage('a/two.txt', 'id-2')]
  expect([await store.look(one), await store.look(two)]).toEqual(['staged', 'staged'])
  await store.publish(one)
  await store.discard(two)
  expect([await store.look(one), await store.look(two)]).toEqual(['published', 'gone'])
})

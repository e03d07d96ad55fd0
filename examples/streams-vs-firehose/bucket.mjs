// The bucket as a reader sees it: which objects there are, and since when.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const LOOK_EVERY_MS = 100

/** Looks at the bucket again and again, and notes when each object was first seen. `seen` maps keys to times. */
export function watchBucket({ endpoint, bucket }) {
  const seen = new Map()
  let stopped = false
  const look = async () => {
    const now = Date.now()
    for (const key of await listKeys(endpoint, bucket)) if (!seen.has(key)) seen.set(key, now)
  }
  const watching = (async () => {
    while (!stopped) {
      await look()
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  })()
  return {
    seen,
    look,
    async stop() {
      stopped = true
      await watching
    },
  }
}

/** Copies an object into a folder, under its key, unless it is there. Resolves to its size. */
export async function download({ endpoint, bucket }, key, folder) {
  const answer = await fetch(`${endpoint}/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`)
  if (!answer.ok) throw new Error(`${answer.status} for ${key}`)
  const bytes = Buffer.from(await answer.arrayBuffer())
  const path = join(folder, key)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, bytes)
  return bytes.length
}

async function listKeys(endpoint, bucket) {
  const keys = []
  let token
  do {
    const query = new URLSearchParams({ 'list-type': '2', ...(token === undefined ? {} : { 'continuation-token': token }) })
    const page = await (await fetch(`${endpoint}/${bucket}?${query}`)).text()
    keys.push(...[...page.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key))
    token = /<NextContinuationToken>([^<]*)</.exec(page)?.[1]
  } while (token !== undefined)
  return keys.filter((key) => key.endsWith('.parquet'))
}

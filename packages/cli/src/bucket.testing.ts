import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** A bucket of a server that lets anybody read. */
export interface OpenBucket {
  /** `http://HOST:PORT`. */
  readonly endpoint: string
  readonly bucket: string
}

/** Every key that begins with `prefix`, as the server itself lists them, in order. */
export async function keysBelow({ endpoint, bucket }: OpenBucket, prefix: string): Promise<string[]> {
  const keys: string[] = []
  let token: string | undefined
  do {
    const query = new URLSearchParams({ 'list-type': '2', 'max-keys': '1000', prefix, ...(token === undefined ? {} : { 'continuation-token': token }) })
    const page = await (await fetch(`${endpoint}/${bucket}?${query.toString()}`)).text()
    keys.push(...[...page.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => decodeXml(key)))
    token = /<NextContinuationToken>([^<]*)</.exec(page)?.[1]
  } while (token !== undefined)
  return keys.sort()
}

/** The bytes of an object; decompressed where the server says that it is gzip. */
export async function readObject({ endpoint, bucket }: OpenBucket, key: string): Promise<Buffer> {
  const answer = await fetch(`${endpoint}/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`)
  if (answer.status !== 200) throw new Error(`${answer.status} for ${key}`)
  return Buffer.from(await answer.arrayBuffer())
}

/** Copies every object whose key begins with `prefix` into a folder, under its key; resolves to how many there are. */
export async function downloadObjects(from: OpenBucket, prefix: string, folder: string): Promise<number> {
  const keys = await keysBelow(from, prefix)
  const queue = [...keys]
  const copy = async (): Promise<void> => {
    for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
      const path = join(folder, key)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, await readObject(from, key))
    }
  }
  await Promise.all([copy(), copy(), copy(), copy()])
  return keys.length
}

function decodeXml(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&apos;', "'").replaceAll('&amp;', '&')
}

import { expect, it } from 'vitest'
import { FileGenerations, type InspectedFile } from './file-generations.js'
import { formatIdentity, hashHead } from './file-position.js'

const file = (path: string, inode: string, text: string): InspectedFile => ({
  path,
  fullPath: `/in/${path}`,
  inode,
  sizeBytes: text.length,
  modifiedMs: 0,
  head: Buffer.from(text),
  offsetsAreBytes: true,
})

const positionIn = ({ inode, head }: InspectedFile, offset: number): string =>
  `${offset}:2:${formatIdentity({ headBytes: offset, headHash: hashHead(head, offset), inode })}`

it('recognises a file of which rows are published before it has a checkpoint, also when it was renamed and another stands in its place', () => {
  const read = file('app.log', 'a.1', '{"id":1}\n{"id":2}\n')
  const log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} }
  const runtime = { knownShards: ['app.log'], checkpoint: () => undefined, furthest: () => positionIn(read, 9), ended: () => false }
  const generations = new FileGenerations(runtime, log, true)
  const assigned = generations.assign([{ ...file('app.log', 'b.2', '{"id":3}\n'), head: Buffer.from('{"id":3}\n') }, { ...read, path: 'app.log.1' }], new Set())
  expect(assigned.map(({ file: { path }, generation: { shard }, from }) => ({ path, shard, from }))).toEqual([
    { path: 'app.log', shard: 'app.log#2', from: undefined },
    { path: 'app.log.1', shard: 'app.log', from: undefined },
  ])
})

import { createFileLedger, createMemoryLedger } from '@standpipe/core'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { World } from '../simulation/world.js'
import { createWorldStores } from '../simulation/world-stores.js'
import { describeLedger } from './describe-ledger.js'

describeLedger('file', {
  async create() {
    const folder = await mkdtemp(join(tmpdir(), 'standpipe-ledger-'))
    return {
      open: async () => createFileLedger(join(folder, 'state', 'ledger')),
      close: () => rm(folder, { recursive: true }),
    }
  },
})

describeLedger('memory', {
  async create() {
    const ledger = createMemoryLedger()
    return { open: async () => ledger, close: async () => undefined }
  },
  waivers: { restart: 'it ends with the process', blobs: 'states stay in the document' },
})

describeLedger('of the simulation', {
  async create() {
    const world = new World({ faults: new Map(), seed: 1, latencyTurns: 3 })
    return {
      async open() {
        const process = world.start(() => undefined)
        world.launched(process)
        return createWorldStores(world, process).ledger()
      },
      close: async () => undefined,
    }
  },
  waivers: { changes: 'it takes whole documents' },
})

import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import { platform } from 'node:os'
import { fileErrorCode, StandpipeError } from '@standpipe/core'

/**
 * Claims a journal, or another folder called so, for this process; resolves to what gives it back. The claim is an abstract socket,
 * which ends with the process, however it ends; only Linux has them, elsewhere nothing is claimed. Throws SOURCE_UNREADABLE.
 */
export function lockJournal(folder: string, called = 'journal'): Promise<() => Promise<void>> {
  if (platform() !== 'linux') return Promise.resolve(() => Promise.resolve())
  const name = `\0standpipe-journal-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`
  const server = createServer((socket) => socket.destroy())
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const taken = fileErrorCode(cause) === 'EADDRINUSE'
      const message = taken ? `the ${called} ${folder} is in use by another process` : `the ${called} ${folder} cannot be claimed for this process`
      reject(new StandpipeError(message, { code: 'SOURCE_UNREADABLE', component: called, cause }))
    })
    server.listen(name, () => {
      server.unref()
      resolve(() => new Promise((done) => server.close(() => done())))
    })
  })
}

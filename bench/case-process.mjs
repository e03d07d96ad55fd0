import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A case that is prepared and warm in a process of its own. It uses no processor between its runs. */
export async function openCase(name, records) {
  const child = fork(fileURLToPath(new URL('case.mjs', import.meta.url)), [name, String(records)], { execArgv: ['--expose-gc'] })
  const { inputBytes } = await answer(child, name)
  return {
    name,
    records,
    inputBytes,
    /** Measures one run. */
    run() {
      const measured = answer(child, name)
      child.send('run')
      return measured
    },
    async close() {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

/** The next message of a case; rejects where its process ends before. What went wrong stands on standard error. */
function answer(child, name) {
  return new Promise((resolve, reject) => {
    const ended = (code) => reject(new Error(`${name} ended with code ${code}`))
    child.once('exit', ended)
    child.once('message', (message) => {
      child.off('exit', ended)
      resolve(message)
    })
  })
}

import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '@standpipe/core'
import { publishedLines, startProgram, type StartedProgram } from './command-line.testing.js'

/** What is known of a record: `unknown` where the connection broke before the answer came, or the answer left it open. */
export type Fate = 'answered' | 'refused' | 'unknown'

/** How the clients of a trial behave. */
export interface ClientOptions {
  readonly clients: number
  /** Every so many requests one has a key, and is repeated until it is answered; 1: all of them. */
  readonly keyedEvery: number
  /** Whether a keyed request is at times sent again though it was answered, and at times twice at once. */
  readonly repeats?: boolean
}

/** Longer than any step takes on a machine that is busy with other things. */
const STEP_MS = 60_000

/** A program that takes records by HTTP in a folder, clients that send to it, and what became of each record. */
export class KillTrial {
  readonly fates = new Map<number, Fate>()
  /** Answers to repetitions that were not the first answer. */
  readonly contradictions: string[] = []
  /** How often an answered request was answered again. */
  repetitions = 0
  kills = 0
  private program: StartedProgram | undefined
  private running = true
  private sending: Promise<unknown> = Promise.resolve()
  private readonly agent = new Agent({ keepAlive: true })

  /** Nothing is started yet. `argv` follows `run`. */
  constructor(
    readonly folder: string,
    readonly port: number,
    private readonly argv: readonly string[],
  ) {}

  /** Starts the program, and waits until it listens. */
  async start(): Promise<void> {
    const program = this.spawn()
    await this.within('listening', program.saw(/takes records/))
  }

  /** Lets clients send until {@link finish}. */
  send(options: ClientOptions): void {
    this.sending = Promise.all(Array.from({ length: options.clients }, (_, client) => this.client(client, options)))
    this.sending.catch(() => undefined) // every step looks
  }

  /** Kills the program at some moment and starts it again; at times it is killed while it starts. */
  async kill(): Promise<void> {
    this.kills += 1
    await Promise.race([systemClock.sleep(20 + Math.random() * 250), this.sending])
    await this.end('SIGKILL', 'ending after SIGKILL')
    if (this.kills % 5 === 0) {
      this.spawn()
      await systemClock.sleep(300 + Math.random() * 700)
      await this.end('SIGKILL', 'ending after SIGKILL')
    }
    await this.start()
  }

  /** Stops the clients, waits until every answered record is published below each folder, and drains. Returns the exit code. */
  async finish(outputs: readonly string[]): Promise<number> {
    this.running = false
    await this.within('the last answers', this.sending)
    this.agent.destroy()
    await this.within('publishing what was answered', this.delivered(outputs))
    return this.end('SIGTERM', 'draining')
  }

  /** Ids of the records whose fate is that. */
  of(fate: Fate): number[] {
    return [...this.fates].filter(([, found]) => found === fate).map(([id]) => id)
  }

  /** How often each id was published below a folder. */
  async published(output: string): Promise<Map<number, number>> {
    const counts = new Map<number, number>()
    for (const { id } of await publishedLines(join(this.folder, output))) counts.set(Number(id), (counts.get(Number(id)) ?? 0) + 1)
    return counts
  }

  private async delivered(outputs: readonly string[]): Promise<void> {
    for (const output of outputs) {
      for (;;) {
        const counts = await this.published(output)
        if (this.of('answered').every((id) => counts.has(id))) break
        await systemClock.sleep(100)
      }
    }
  }

  private spawn(): StartedProgram {
    this.program = startProgram(['run', ...this.argv, '--quiet', '--log', 'json', '--log-level', 'info'], { directory: this.folder })
    return this.program
  }

  private async end(signal: 'SIGKILL' | 'SIGTERM', doing: string): Promise<number> {
    const { program } = this
    if (program === undefined) throw new Error('nothing is started')
    program.child.kill(signal)
    const { code, err } = await this.within(doing, program.ended)
    if (signal === 'SIGKILL' && code !== -1) throw new Error(`the program ended by itself, with ${code}: ${err}`)
    return code
  }

  /** Sends request after request; ids are never sent under two keys, or twice without one. */
  private async client(client: number, { keyedEvery, repeats }: ClientOptions): Promise<void> {
    for (let number = 0; this.running; number++) {
      const ids = Array.from({ length: 1 + (number % 5) }, (_, i) => (client * 1_000_000 + number) * 10 + i)
      const key = number % keyedEvery === 0 ? `${client}-${number}` : undefined
      const body = JSON.stringify(ids.map((id) => ({ id, text: 'x'.repeat(id % 200) })))
      let fate = 'refused' as Fate
      let first: string | undefined
      const note = (answer: Answer): void => {
        if (answer.status === 200) fate = 'answered'
        else if (OPEN.has(answer.status) && fate !== 'answered') fate = 'unknown'
        for (const id of ids) this.fates.set(id, fate)
        if (answer.status !== 200 || answer.body === '') return
        if (first !== undefined) this.repetitions += 1
        first ??= answer.body
        if (answer.body !== first) this.contradictions.push(`${key}: ${first} and ${answer.body}`)
      }
      do {
        const copies = repeats === true && number % 7 === 0 ? 2 : 1
        for (const answer of await Promise.all(Array.from({ length: copies }, () => this.post(body, key)))) note(answer)
        if (fate !== 'answered') await systemClock.sleep(25)
      } while (key !== undefined && fate !== 'answered' && this.running)
      if (repeats === true && number % 3 === 0 && key !== undefined) note(await this.post(body, key))
    }
  }

  private post(body: string, key: string | undefined): Promise<Answer> {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), ...(key === undefined ? {} : { 'Idempotency-Key': key }) }
    const answered = new Promise<Answer>((resolve) => {
      const sent = request({ port: this.port, host: '127.0.0.1', method: 'POST', headers, agent: this.agent }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
        // After the head of a 200 the records are safe, whatever becomes of the rest.
        response.on('close', () => resolve({ status: response.statusCode ?? BROKEN, body: response.complete ? text : '' }))
      })
      sent.on('error', (error: NodeJS.ErrnoException) => resolve({ status: error.code === 'ECONNREFUSED' ? UNSENT : BROKEN, body: '' }))
      sent.end(body)
    })
    return this.within('an answer', answered)
  }

  /** Waits for a step; where it takes too long, fails with what the program is doing. */
  private async within<T>(doing: string, step: Promise<T>): Promise<T> {
    const over = new AbortController()
    const late = systemClock.sleep(STEP_MS, over.signal).then(async () => {
      throw new Error(`after ${this.kills} kills, ${doing} took longer than ${STEP_MS / 1000} s: ${await this.state()}`)
    })
    late.catch(() => undefined) // the step was done in time
    try {
      return await Promise.race([step, late])
    } finally {
      over.abort(new Error('done'))
    }
  }

  /** What the program is doing: computing or waiting, listening or not, answering or not; its files; what it said last. */
  private async state(): Promise<string> {
    const { program } = this
    if (program === undefined) return 'nothing is started'
    const { pid, exitCode, signalCode } = program.child
    if (exitCode !== null || signalCode !== null) return `the program has ended (${exitCode ?? signalCode})`
    const before = await cpuMs(pid)
    await systemClock.sleep(500)
    const after = await cpuMs(pid)
    const busy = before === undefined || after === undefined ? 'lives' : after - before > 400 ? 'computes without a pause' : after - before < 50 ? 'waits' : 'works now and then'
    const files = (await readdir(this.folder, { recursive: true })).filter((path) => !path.endsWith('.jsonl') || path.includes('staging'))
    const sizes = await Promise.all(files.map(async (path) => `${path} (${(await stat(join(this.folder, path)).catch(() => undefined))?.size ?? 'gone'})`))
    const said = program.said().trimEnd().split('\n').slice(-10).join('\n')
    return `the program ${busy}, ${await this.probe()}; files: ${sizes.join(', ')}; it said last:\n${said}`
  }

  private async probe(): Promise<string> {
    const asked = new Promise<string>((resolve) => {
      const sent = request({ port: this.port, host: '127.0.0.1', agent: false }, (response) => resolve(`answers with ${response.statusCode}`))
      sent.on('error', (error: NodeJS.ErrnoException) => resolve(`cannot be asked (${error.code})`)).end()
    })
    return Promise.race([asked, systemClock.sleep(2_000).then(() => 'does not answer')])
  }
}

interface Answer {
  readonly status: number
  readonly body: string
}

/** Nobody listened. */
const UNSENT = 0
/** The connection broke before there was an answer. */
const BROKEN = -1
/** After these it is open whether the records are kept. */
const OPEN = new Set([BROKEN, 500, 504])

/** A port that is free, below those that the system gives to clients: a client must not come to sit on it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!free) continue
    const { port: found } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    return found
  }
}

/** CPU time of a process so far; undefined where the system does not tell. */
async function cpuMs(pid: number | undefined): Promise<number | undefined> {
  const path = `/proc/${pid}/stat`
  if (!existsSync(path)) return undefined
  const fields = (await readFile(path, 'utf8')).replace(/^.*\) /s, '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

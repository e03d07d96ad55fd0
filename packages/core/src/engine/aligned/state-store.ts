import { createHash } from 'node:crypto'
import type { LedgerDocument, LedgerStore, StateReference } from '../../component/index.js'
import { StandpipeError } from '../../model/index.js'

/** Keeps states where the ledger has room for them: as blobs beside the document, or within it. */
export class StateStore {
  private saved = 0

  constructor(
    private readonly ledger: LedgerStore,
    private readonly retry: <T>(call: () => Promise<T>) => Promise<T>,
  ) {}

  /** Makes a state durable under a name of its own; undefined for no bytes. Nothing depends on it until a document names it. */
  async save(state: Uint8Array, epoch: number): Promise<StateReference | undefined> {
    if (state.length === 0) return undefined
    const { blobs } = this.ledger
    if (blobs === undefined) return { inline: Buffer.from(state).toString('base64') }
    const name = `${epoch}-${++this.saved}`
    await this.retry(() => blobs.save(name, state))
    return { name, bytes: state.length, sha256: checksum(state) }
  }

  /** Throws LEDGER_CORRUPT where the bytes are not those that were saved. */
  async load(reference: StateReference | undefined): Promise<Uint8Array> {
    if (reference === undefined) return new Uint8Array(0)
    if ('inline' in reference) return new Uint8Array(Buffer.from(reference.inline, 'base64'))
    const bytes = await this.retry(async () => this.ledger.blobs?.load(reference.name))
    if (bytes !== undefined && bytes.length === reference.bytes && checksum(bytes) === reference.sha256) return bytes
    throw new StandpipeError(`the state ${reference.name} in ${this.ledger.location} is ${bytes === undefined ? 'missing' : 'damaged'}`, {
      code: 'LEDGER_CORRUPT',
      component: 'ledger',
    })
  }

  /** Removes a state that the document no longer names. */
  async remove(reference: StateReference | undefined): Promise<void> {
    const { blobs } = this.ledger
    if (reference === undefined || 'inline' in reference || blobs === undefined) return
    await this.retry(() => blobs.remove(reference.name))
  }

  /**
   * Removes what earlier epochs left and the document does not name. A process of this epoch or a later one may
   * have saved what is named only by its next write, so theirs are not touched; an earlier one can write no more.
   */
  async collect({ epoch, aligned }: LedgerDocument): Promise<void> {
    const { blobs } = this.ledger
    if (blobs === undefined) return
    const named = [aligned?.state, aligned?.previous?.state].map((reference) => (reference !== undefined && 'name' in reference ? reference.name : ''))
    for (const name of await this.retry(() => blobs.list())) {
      if (Number.parseInt(name, 10) < epoch && !named.includes(name)) await this.retry(() => blobs.remove(name))
    }
  }
}

function checksum(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

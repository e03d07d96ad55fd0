import { parquetMetadataAsync } from 'hyparquet'
import { CHAIN_METADATA, parseChain, StandpipeError, type ObjectChain } from '@standpipe/core'

/** Footers of most files are smaller, so that one read is enough. */
const FIRST_READ_BYTES = 64 * 1024

/** What the footer of a Parquet file says: its chain, that it has none, or that the file is no whole Parquet file. */
export type Footer = { readonly kind: 'chained'; readonly chain: ObjectChain } | { readonly kind: 'plain' } | { readonly kind: 'damaged'; readonly why: string }

/** Reads the footer of a Parquet file and nothing else. Rejects only where the file cannot be read. */
export async function readFooter(bytes: number, readRange: (start: number, end: number) => Promise<Uint8Array>): Promise<Footer> {
  const file = {
    byteLength: bytes,
    async slice(start: number, end = bytes): Promise<ArrayBuffer> {
      return Uint8Array.from(await readRange(start, end)).buffer
    },
  }
  try {
    const metadata = await parquetMetadataAsync(file, { initialFetchSize: FIRST_READ_BYTES })
    const text = metadata.key_value_metadata?.find(({ key }) => key === CHAIN_METADATA)?.value
    const chain = text === undefined ? undefined : parseChain(text)
    return chain === undefined ? { kind: 'plain' } : { kind: 'chained', chain }
  } catch (error) {
    if (error instanceof StandpipeError) throw error
    return { kind: 'damaged', why: error instanceof Error ? error.message : String(error) }
  }
}

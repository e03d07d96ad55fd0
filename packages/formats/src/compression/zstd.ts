import { compress, init } from '@bokuweb/zstd-wasm'

const LEVEL = 3
let loading: Promise<void> | undefined

/** One zstd frame that holds the block. Loads the WebAssembly module on first use. */
export async function compressZstd(block: Uint8Array): Promise<Uint8Array> {
  loading ??= init()
  await loading
  return compress(block, LEVEL)
}

import { compress, init } from '@bokuweb/zstd-wasm'

const LEVEL = 3

/**
 * The WebAssembly module belongs to the whole thread, also where two copies of this package are loaded; while it is
 * loaded a second time, what is compressed comes out wrong without an error.
 */
const LOADING = Symbol.for('@standpipe/formats zstd')
const thread = globalThis as { [LOADING]?: Promise<void> }

/** One zstd frame that holds the block. Loads the WebAssembly module on first use. */
export async function compressZstd(block: Uint8Array): Promise<Uint8Array> {
  await (thread[LOADING] ??= init())
  return compress(block, LEVEL)
}

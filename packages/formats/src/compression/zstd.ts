/** What of the zstd module is used. */
type Zstd = Pick<typeof import('@bokuweb/zstd-wasm'), 'compress'>

/**
 * The WebAssembly module belongs to the whole thread, also where two copies of this package are loaded; while it is
 * initialised a second time, what is compressed comes out wrong without an error.
 */
const LOADING = Symbol.for('@standpipe/formats zstd')
const thread = globalThis as { [LOADING]?: Promise<Zstd> }

/** The zstd module, loaded on first use. Rejects where the package cannot be loaded on this machine. */
export function loadZstd(): Promise<Zstd> {
  return (thread[LOADING] ??= load())
}

async function load(): Promise<Zstd> {
  const zstd = await import('@bokuweb/zstd-wasm')
  await zstd.init()
  return zstd
}

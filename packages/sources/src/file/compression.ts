/** How a file is compressed; `auto` goes by its name, else by its first bytes. */
export type Compression = 'none' | 'gzip' | 'zstd'

/** The compression of a file: as configured, by the end of its name, or by the magic number it starts with. */
export function detectCompression(configured: Compression | 'auto', path: string, head: Uint8Array): Compression {
  if (configured !== 'auto') return configured
  if (/\.(gz|gzip)$/i.test(path)) return 'gzip'
  if (/\.(zst|zstd)$/i.test(path)) return 'zstd'
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd'
  return 'none'
}

import type { Column, Columns } from '@standpipe/core/model'

/**
 * Foretells the encoded size of rows that are still in memory: a guess from their types, corrected by how
 * far earlier guesses were off. One estimate serves all objects of a writer, since they hold rows of one kind.
 */
export class SizeEstimate {
  private guessedBytes = 0
  private encodedBytes = 0

  /** Estimated bytes, once encoded and compressed, of rows of which {@link guessEncodedBytes} said so. */
  of(guess: number): number {
    return Math.ceil(this.guessedBytes === 0 ? guess : (guess * this.encodedBytes) / this.guessedBytes)
  }

  /** Learns from rows that were encoded to `bytes`. */
  learn(guess: number, bytes: number): void {
    this.guessedBytes += guess
    this.encodedBytes += bytes
  }
}

/** Numbers are taken at half their width; texts as a dictionary and indexes, or as they are where they hardly repeat. */
export function guessEncodedBytes(rows: Columns): number {
  return rows.columns.reduce((sum, column) => sum + guessColumnBytes(column, rows.rowCount), 0)
}

function guessColumnBytes(column: Column, rowCount: number): number {
  switch (column.storage) {
    case 'boolean':
      return rowCount / 8
    case 'int32':
    case 'float':
      return rowCount * 2
    case 'int64':
    case 'double':
      return rowCount * 4
    case 'int128':
      return rowCount * 8
    case 'bytes': {
      const { dictionary } = column
      const entryBytes = dictionary.offsets[dictionary.size]
      return entryBytes + (rowCount * (dictionary.unique ? 32 - Math.clz32(dictionary.size) : 8)) / 8
    }
    case 'struct':
      return column.children.reduce((sum, child) => sum + guessColumnBytes(child, rowCount), 0)
    case 'list':
      return rowCount / 4 + guessColumnBytes(column.child, column.offsets[rowCount])
  }
}

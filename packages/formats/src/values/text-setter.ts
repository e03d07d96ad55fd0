import type { Column, Dictionary } from '@standpipe/core/model'

type BytesColumn = Extract<Column, { storage: 'bytes' }>

/** Texts known by their number in the dictionary before we stop remembering: beyond it, a column hardly repeats. */
const REMEMBERED = 4096

/** Writes texts as UTF-8 through the column's dictionary. Lone surrogates become U+FFFD. */
export function bindText(column: BytesColumn): (row: number, text: string) => void {
  const { dictionary } = column
  const known = new Map<string, number>()
  return (row, text) => {
    let index = known.get(text)
    if (index === undefined) {
      index = internText(dictionary, text)
      if (known.size < REMEMBERED) known.set(text, index)
    }
    column.values[row] = index
  }
}

const scratch = Buffer.alloc(256)

/** As `dictionary.internText`, without allocating for short ASCII texts. */
function internText(dictionary: Dictionary, text: string): number {
  const { length } = text
  if (length > scratch.length) return dictionary.internText(text)
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 127) return dictionary.internText(text)
    scratch[i] = unit
  }
  return dictionary.internBytes(scratch, 0, length)
}

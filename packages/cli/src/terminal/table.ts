import { visibleWidth, wrapText, type Layout } from './layout.js'

const GAP = 2
const LEAST_BROKEN = 10

/** `1,234`, `1.5 MiB`, `31.7×`, `4%`, or nothing. */
const QUANTITY = /^([-+]?[\d.,]+( ?[KMG]i?B| B|×|%)?)?$/

interface TableColumn {
  readonly title: string
  readonly width: number
  /** No narrower than this. */
  readonly least: number
  /** A column of nothing but quantities stands to the right. */
  readonly isQuantity: boolean
}

/**
 * Rows as aligned columns. Where they are too wide, texts go on in further lines of their cell; where not even that fits, each row becomes a
 * list of its cells. Without a layout there is room for anything.
 */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[], layout: Layout = { columns: Infinity, breaksWords: false }): string {
  const columns = fitColumns(header.map((title, i) => columnOf(title, rows.map((row) => row[i] ?? ''), layout)), layout.columns)
  if (totalWidth(columns) > layout.columns && layout.breaksWords) return formatLists(header, rows, layout)
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => {
        const pad = ' '.repeat(Math.max(0, columns[i].width - visibleWidth(cell)))
        return columns[i].isQuantity ? pad + cell : cell + pad
      })
      .join(' '.repeat(GAP))
      .trimEnd()
  const wrapped = (cells: readonly string[]): string => {
    const parts = columns.map(({ width }, i) => wrapCell(cells[i] ?? '', width, layout))
    const height = Math.max(...parts.map((part) => part.length))
    return Array.from({ length: height }, (_, at) => line(parts.map((part) => part[at] ?? ''))).join('\n')
  }
  return [line(header), columns.map(({ width }) => '─'.repeat(width)).join(' '.repeat(GAP)), ...rows.map(wrapped)].join('\n')
}

function columnOf(title: string, cells: readonly string[], { breaksWords }: Layout): TableColumn {
  const width = Math.max(visibleWidth(title), ...cells.map(visibleWidth))
  const isQuantity = cells.length > 0 && cells.every((cell) => QUANTITY.test(cell))
  const longestWord = Math.max(...cells.flatMap((cell) => cell.split(' ').map(visibleWidth)), 0)
  const least = isQuantity ? width : Math.min(width, Math.max(visibleWidth(title), breaksWords ? Math.min(longestWord, LEAST_BROKEN) : longestWord))
  return { title, width, least, isQuantity }
}

/** Takes the room that is missing from the widest column, again and again. */
function fitColumns(columns: readonly TableColumn[], room: number): readonly TableColumn[] {
  const fitted = columns.map((column) => ({ ...column }))
  for (let missing = totalWidth(fitted) - room; missing > 0; missing--) {
    const [widest] = fitted.filter(({ width, least }) => width > least).sort((a, b) => b.width - a.width)
    if (widest === undefined) break
    widest.width -= 1
  }
  return fitted
}

function totalWidth(columns: readonly TableColumn[]): number {
  return columns.reduce((sum, { width }) => sum + width, GAP * (columns.length - 1))
}

function wrapCell(cell: string, width: number, { breaksWords }: Layout): string[] {
  return visibleWidth(cell) <= width ? [cell] : wrapText(cell, { columns: width, breaksWords }).split('\n')
}

function formatLists(header: readonly string[], rows: readonly (readonly string[])[], layout: Layout): string {
  const width = Math.max(...header.map(visibleWidth)) + GAP
  const item = (title: string, cell: string): string => title.padEnd(width) + wrapText(cell, { ...layout, columns: layout.columns - width }).replaceAll('\n', `\n${' '.repeat(width)}`)
  return rows.map((row) => header.flatMap((title, i) => (row[i] === undefined || row[i] === '' ? [] : [item(title, row[i])])).join('\n')).join('\n\n')
}

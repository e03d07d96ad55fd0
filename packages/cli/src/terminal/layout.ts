import type { Terminal } from './terminal.js'

/** The room that a text has. */
export interface Layout {
  readonly columns: number
  /** Whether a word that is too long is broken. Not where a program may read the text: it looks for whole keys and paths. */
  readonly breaksWords: boolean
}

const LEAST_COLUMNS = 20
const LEAST_BROKEN = 2
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/
const STYLE = /\u001b\[\d+m/g
/** Where a path, key or position is best broken: after one of these. */
const JOINTS = /[/:=&?_.,-]/

/** The room on one of the streams, after a margin. */
export function layoutOf(terminal: Terminal, stream: 'out' | 'err' = 'out', margin = 0): Layout {
  const isTerminal = stream === 'out' ? terminal.outIsTerminal : terminal.errIsTerminal
  return { columns: Math.max(LEAST_COLUMNS, (stream === 'out' ? terminal.outColumns : terminal.columns) - margin), breaksWords: isTerminal }
}

/** The text in lines that fit, broken at blanks; each line but the first starts with as many blanks as `hanging`. Lines of the text stay lines. */
export function wrapText(text: string, { columns, breaksWords }: Layout, hanging = 0): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, { columns: Math.max(columns, hanging + LEAST_BROKEN), breaksWords }, hanging))
    .join('\n')
}

/** Paragraphs in lines that fit, however they were broken before; lines that start with blanks stand as they are. */
export function reflowText(text: string, layout: Layout): string {
  return wrapText(text.replaceAll(/(?<!\n)\n(?![ \n])/g, ' '), layout)
}

/** How many columns a text takes on a terminal; styles take none, and many Asian characters two. */
export function visibleWidth(text: string): number {
  return [...text.replaceAll(STYLE, '')].reduce((width, character) => width + (WIDE.test(character) ? 2 : 1), 0)
}

function wrapLine(text: string, { columns, breaksWords }: Layout, hanging: number): string {
  const margin = ' '.repeat(hanging)
  const lines: string[] = []
  let line = /^ */.exec(text)?.[0] ?? ''
  let isEmpty = true
  for (const word of text.slice(line.length).split(' ')) {
    const longer = isEmpty ? line + word : `${line} ${word}`
    if (visibleWidth(longer) <= columns) {
      line = longer
    } else {
      if (!isEmpty) lines.push(line.trimEnd())
      line = (isEmpty ? line : margin) + word
      while (breaksWords && visibleWidth(line) > columns) {
        const at = breakingPoint(line, columns)
        lines.push(line.slice(0, at))
        line = margin + line.slice(at)
      }
    }
    isEmpty = false
  }
  return [...lines, line].join('\n')
}

/** Where to break a word that does not fit: after a joint in its second half, else where the room ends. */
function breakingPoint(line: string, columns: number): number {
  let room = line.length
  while (visibleWidth(line.slice(0, room)) > columns) room--
  for (let at = room; at > room / 2; at--) if (JOINTS.test(line[at - 1])) return at
  return Math.max(1, room)
}

import type { Problem } from './problem.js'

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/

/** How problems are printed. */
export interface ProblemFormat {
  /** Whether to colour with ANSI escapes. */
  readonly color: boolean
  /** Text of a file that problems point into, or undefined where it is not at hand: then the line is not shown. */
  readonly source?: (file: string) => string | undefined
}

/**
 * Problems for people, by place: `file:line:col  message`, the line with a caret under the place, and the
 * hint. Ends without a newline; empty for no problems.
 */
export function formatProblems(problems: readonly Problem[], format: ProblemFormat): string {
  const paint = (code: number, text: string): string => (format.color ? `\u001b[${code}m${text}\u001b[0m` : text)
  return sortProblems(problems)
    .map((problem) => {
      const { file, line, column, path, message, hint, severity } = problem
      const place = line > 0 ? `${file}:${line}:${column}` : [file, path].filter(Boolean).join(': ')
      const label = severity === 'warning' ? paint(33, 'warning: ') : ''
      const lines = [`${paint(1, place === '' ? 'configuration' : place)}  ${label}${message}`]
      const text = line > 0 ? format.source?.(file)?.split(/\r?\n/)[line - 1] : undefined
      if (text !== undefined) {
        const number = `${line} | `
        lines.push(`  ${paint(2, number)}${text}`)
        lines.push(
          `  ${' '.repeat(number.length)}${blank(text.slice(0, column - 1))}${paint(severity === 'warning' ? 33 : 31, '^')}`,
        )
      }
      if (hint !== undefined) lines.push(`  ${paint(36, `hint: ${hint}`)}`)
      return lines.join('\n')
    })
    .join('\n')
}

/** Problems in the order of the text they point into. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((a, b) => (a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1))
}

/** As wide as the text on a terminal, but empty: tabs stay, wide characters take two columns. */
function blank(text: string): string {
  return Array.from(text, (character) => (character === '\t' ? '\t' : WIDE.test(character) ? '  ' : ' ')).join('')
}

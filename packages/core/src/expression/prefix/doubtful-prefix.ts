import type { CompiledPrefix } from './compiled-prefix.js'

/** What is legal in a prefix and hardly ever meant, for a warning. */
export function findDoubts({ text, columns }: Pick<CompiledPrefix, 'text' | 'columns'>): string[] {
  const doubts: string[] = []
  const literal = text.replaceAll(/!\{[^}]*\}/g, '')
  if (literal.includes('{')) doubts.push(`\`${text}\` has braces without \`!\`, which are taken as they stand; an expression is written \`!{field:…}\``)
  for (const { pattern } of columns) {
    if (pattern === undefined) continue
    const letters = pattern.replaceAll(/'[^']*'/g, '')
    if (/m/.test(letters) && !/[HhKk]/.test(letters)) doubts.push(`\`mm\` in \`${pattern}\` is minutes; months are \`MM\``)
    if (/Y/.test(letters) && !/w/.test(letters)) doubts.push(`\`YYYY\` in \`${pattern}\` is the year of the week; years are \`yyyy\``)
    if (/D/.test(letters)) doubts.push(`\`D\` in \`${pattern}\` is the day of the year; days of the month are \`dd\``)
  }
  return doubts
}

import type { AnyDefinition } from '@standpipe/core'
import { stringify } from 'yaml'
import { reflowText, wrapText } from '../terminal/layout.js'
import { formsOf, type Form, type Option } from './component-options.js'

/** The reference page of a component, in Markdown, made from its definition alone; for a terminal, of so many columns, with lists in place of tables. */
export function componentPage(definition: AnyDefinition, columns?: number): string {
  const { kind, name, summary, stability, description, examples } = definition
  const page = [
    `# ${kind} \`${name}\``,
    '',
    `${summary} *(${stability})*`,
    ...(description === undefined ? [] : ['', columns === undefined ? description.trim() : reflowText(description.trim(), { columns, breaksWords: false })]),
    '',
    '## Options',
    '',
    ...formLines(formsOf(definition), columns === undefined ? optionTable : (options) => optionList(options, columns)),
    '',
    '## Examples',
  ].join('\n')
  const shown = examples.flatMap(({ title, config }) => ['', `${title}:`, '', '```yaml', exampleYaml(definition, config), '```'])
  return [columns === undefined ? page : wrapText(page, { columns, breaksWords: false }), ...shown, ''].join('\n')
}

function exampleYaml(definition: AnyDefinition, config: unknown): string {
  const { kind, name } = definition
  const section = kind === 'operator' ? (definition.on === 'payloads' ? 'transform' : 'operators') : { source: 'source', sink: 'sink', format: 'format' }[kind]
  return stringify({ [section]: kind === 'operator' ? [{ [name]: config }] : { [name]: config } }, { lineWidth: 110 }).trim()
}

function formLines(forms: readonly Form[], show: (options: readonly Option[]) => readonly string[]): readonly string[] {
  if (forms.length === 0) return ['None.']
  const [only] = forms
  if (forms.length === 1 && only.kind === 'options') return show(only.options)
  return forms.flatMap((form, i) => {
    const lead = forms.length === 1 ? '' : i === 0 ? 'Either ' : 'Or '
    const article = (type: string): string => `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`
    const what = form.kind === 'options' ? 'these options:' : `${article(form.type)}${form.meaning === '' ? '.' : `: ${form.meaning}`}`
    const line = lead === '' ? what[0].toUpperCase() + what.slice(1) : lead + what
    return [...(i === 0 ? [] : ['']), line, ...(form.kind === 'options' ? ['', ...show(form.options)] : [])]
  })
}

function optionTable(options: readonly Option[]): string[] {
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  const rows = options.map((option) => {
    const { name, type, fallback, meaning } = option
    return `| \`${name}\` | ${cell(type)} | ${fallback === undefined ? describeRequired(option, '*', '`') : `\`${fallback}\``} | ${cell(meaning)} |`
  })
  return ['| option | type | default | meaning |', '|---|---|---|---|', ...rows]
}

function optionList(options: readonly Option[], columns: number): string[] {
  return options.flatMap((option) => {
    const { name, type, fallback, meaning } = option
    const required = describeRequired(option, '', '')
    const without = fallback === undefined ? (required === '' ? '' : `, ${required}`) : `, by default ${fallback}`
    return [`  ${name}: ${type}${without}`, meaning === '' ? '' : `      ${meaning}`].filter(Boolean).map((line) => wrapText(line, { columns, breaksWords: false }, 6))
  })
}

function describeRequired({ required }: Option, mark: string, quote: string): string {
  if (required === 'never') return ''
  return required === 'always' ? `${mark}required${mark}` : `${mark}required within${mark} ${quote}${required.with}${quote}`
}

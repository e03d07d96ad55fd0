import { describe, expect, it } from 'vitest'
import { commandLine } from './command-line.testing.js'
import { COMMANDS } from './commands/index.js'
import { EXIT_CODES } from './exit-codes.js'

describe('help', () => {
  it('lists every command, and is what no command at all prints', async () => {
    const asked = await commandLine(['--help'])
    expect(asked).toMatchObject({ code: 0, err: '' })
    for (const command of COMMANDS) expect(asked.out).toMatch(new RegExp(`^  ${command.name} {2,}${command.summary}$`, 'm'))
    expect(await commandLine([])).toEqual({ ...asked, code: 2 })
    expect(await commandLine(['help'])).toEqual(asked)
  })

  it.each(COMMANDS.map((command) => [command.name, command] as const))('explains `%s` with its flags and examples', async (name, command) => {
    const page = await commandLine([name, '--help'])
    expect(page).toMatchObject({ code: 0, err: '' })
    const plain = (text: string): string => text.replaceAll(/\s+/g, ' ')
    expect(plain(page.out)).toContain(plain(command.description))
    for (const [flag, { help }] of Object.entries(command.flags)) expect(page.out).toMatch(new RegExp(`--${flag}\\b.* ${help.slice(0, 15)}`))
    for (const [line] of command.examples) expect(page.out).toContain(`  ${line}\n`)
    expect(await commandLine(['help', name])).toEqual(page)
  })

  it.each([['a terminal', true, 80], ['a pipe', false, 100]] as const)('fits %s', async (_, isTerminal, columns) => {
    for (const argv of [['--help'], ['help', 'exit-codes'], ...COMMANDS.map(({ name }) => [name, '--help'])]) {
      const { out } = await commandLine(argv, { isTerminal })
      expect(out.split('\n').filter((line) => line.length > columns)).toEqual([])
    }
  })

  it('lists the exit codes', async () => {
    const { code, out } = await commandLine(['help', 'exit-codes'])
    expect(code).toBe(0)
    for (const { code: listed, meaning } of Object.values(EXIT_CODES)) expect(out).toMatch(new RegExp(`^ +${listed}  ${meaning.slice(0, 20)}`, 'm'))
  })
})

describe('a command line that cannot be understood', () => {
  it.each([
    ['an unknown command', ['rnu'], 'there is no command `rnu`; did you mean `run`?'],
    ['a pipeline file without a command', ['pipeline.yaml'], 'there is no command `pipeline.yaml`; to run a pipeline file: `standpipe run pipeline.yaml`'],
    ['a file of records without a command', ['readings.csv.gz'], '`standpipe init readings.csv.gz` prints a pipeline that reads it'],
    ['a misspelt flag', ['run', '--pipline', 'x', 'pipeline.yaml'], '`run` has no flag `--pipline`; did you mean `--pipeline`?'],
    ['help on a misspelt command', ['help', 'explian'], 'there is no help on `explian`; did you mean `explain`?'],
    ['an unknown flag', ['run', '--nope', 'pipeline.yaml'], '`run` has no flag `--nope`; it has --pipeline, --stored, --log, --log-level, --quiet'],
    ['a flag of a command that has none', ['check', '-x', 'pipeline.yaml'], '`check` has no flag `-x`; it has none'],
    ['a flag without its value', ['preview', 'pipeline.yaml', '--records'], 'argument missing'],
    ['a number that is none', ['preview', 'pipeline.yaml', '--records', 'ten'], '--records takes a whole number from 1; not `ten`'],
    ['no records at all', ['infer', 'readings.csv', '-n', '0'], '--records takes a whole number from 1; not `0`'],
    ['a level that is none', ['run', 'pipeline.yaml', '--log-level', 'loud'], '--log-level takes auto, error, warn, info, debug; not `loud`'],
    ['a format that is none', ['init', 'readings.csv', '--format', 'xml'], '--format takes jsonl, json, csv, tsv; not `xml`'],
    ['a missing argument', ['run'], 'usage: standpipe run FILE'],
    ['an argument too many', ['check', 'a.yaml', 'b.yaml'], 'usage: standpipe check FILE'],
    ['help on nothing there is', ['help', 'me'], 'there is no help on `me`'],
  ])('%s: exit code 2, the reason, and where to look', async (_, argv, reason) => {
    const { code, out, err } = await commandLine(argv)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(`standpipe: `)
    expect(err).toContain(reason)
    expect(err).toMatch(/See `standpipe .*--help`/)
  })

  it('says what to type as the person called it', async () => {
    const program = 'npm start --'
    expect((await commandLine(['rnu'], { program })).err).toContain('See `npm start -- --help`.')
    expect((await commandLine(['readings.csv'], { program })).err).toContain('`npm start -- init readings.csv` prints')
    expect((await commandLine(['--help'], { program })).out).toContain('  npm start -- preview pipeline.yaml')
  })

  it('prints its version', async () => {
    expect(await commandLine(['--version'])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
  })
})

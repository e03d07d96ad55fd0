import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandLine, listing, testFolder } from '../command-line.testing.js'

const WRONG = `name: Bad Name
source: { fil: { path: x } }
schema:
  a: strng
operators:
  - filtr: a > 1
sink: { directory: { path: out, formt: parquet, roll: { size: 12 } } }
limit: {}
`

describe('check', () => {
  it('prints every problem with its place, the line itself and a suggestion, and ends with 3', async () => {
    const directory = await testFolder({ 'wrong.yaml': WRONG })
    const { code, out, err } = await commandLine(['check', 'wrong.yaml'], { directory })
    expect({ code, out }).toEqual({ code: 3, out: '' })
    for (const start of [
      'wrong.yaml:1:7  expected a name of lower-case letters',
      'wrong.yaml:2:11  there is no source `fil`',
      'wrong.yaml:4:6  there is no type `strng`',
      'wrong.yaml:6:5  there is no operator `filtr`',
      'wrong.yaml:7:33  unknown key `formt`',
      'wrong.yaml:7:63  expected a size with its unit',
      'wrong.yaml:8:1  unknown key `limit`',
    ]) {
      expect(err).toContain(start)
    }
    for (const meant of ['file', 'string', 'filter', 'format', 'limits']) expect(err).toContain(`hint: did you mean \`${meant}\`?`)
    expect(err).toContain('  4 |   a: strng\n           ^\n')
  })

  it.each(['files/pipeline.yaml', 'plant/plant.yaml'])('finds that examples/%s can run, and makes nothing', async (file) => {
    const directory = await testFolder()
    const { code, out, err } = await commandLine(['check', file], { environment: { OUT: join(directory, 'out') } })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/ \(exactly-once\).* can run\n$/)
    expect(await listing(directory)).toEqual(['pipeline.yaml', 'readings.csv'])
  })

  it('tells warnings in full and ends with 0; other commands tell only that there are some', async () => {
    const directory = await testFolder({
      'warned.yaml': 'name: warned\nsource: { file: { path: readings.csv, format: csv } }\nschema: { device_id: string }\nsink: { stdout: {} }\n',
    })
    const checked = await commandLine(['check', 'warned.yaml'], { directory })
    expect(checked).toMatchObject({ code: 0, out: 'warned.yaml: warned (at-least-once) can run\n' })
    expect(checked.err).toMatch(/^warned\.yaml:1:1 {2}warning: .*\n.*\n.*\n {2}hint: /)
    expect((await commandLine(['explain', 'warned.yaml'], { directory })).err).toBe('standpipe: warned.yaml has a warning; see `standpipe check warned.yaml`\n')
  })

  it.each([
    ['a file that is not there', 'nope.yaml', 'cannot read nope.yaml: there is no such file'],
    ['a folder', '.', 'cannot read .: it is a folder; name the file in it'],
    ['a file of records', 'readings.csv', 'readings.csv is not a pipeline file\n  hint: it holds records; `standpipe init readings.csv` prints a pipeline that reads it'],
    ['a Parquet file', 'out/a.parquet', 'out/a.parquet is not a pipeline file\n  hint: Standpipe writes Parquet and reads JSON and CSV; a pipeline file is YAML'],
  ])('says so of %s', async (_, file, reason) => {
    const { code, out, err } = await commandLine(['check', file], { directory: await testFolder() })
    expect({ code, out, err }).toEqual({ code: 3, out: '', err: `standpipe: ${reason}\n` })
  })

  it('names the pipelines that there are where the one asked for is not', async () => {
    const { code, err } = await commandLine(['preview', 'files/pipeline.yaml', '--pipeline', 'nope'])
    expect({ code, err }).toEqual({ code: 3, err: 'standpipe: files/pipeline.yaml has no pipeline `nope`; it has readings\n' })
  })
})

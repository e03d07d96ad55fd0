import { describe, expect, it } from 'vitest'
import { commandLine, listing, testFolder } from '../command-line.testing.js'

describe('preview', () => {
  it('shows rows under their partitions and dead letters with reason and raw bytes, and writes nothing', async () => {
    const directory = await testFolder()
    const before = await listing(directory)
    const { code, out, err } = await commandLine(['preview', 'pipeline.yaml'], { directory, environment: { OUT: 'out' } })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out.split('\n')).toEqual([
      'readings: the first 7 records; nothing is written',
      '',
      'directory: 5 rows, 1 filtered out',
      '  dt=2026-02-28/',
      '    {"ts":"2026-02-28T23:00:00Z","device_id":"press-01","line":"L1","temperature":71.4,"over_limit":false}',
      '    {"ts":"2026-02-28T23:00:05Z","device_id":"press-02","line":"L1","temperature":70.9,"note":"belt changed, 2nd shift","over_limit":false}',
      '    {"ts":"2026-02-28T23:00:10Z","device_id":"press-07","line":"L2","temperature":94.2,"note":"hot","over_limit":true}',
      '    {"ts":"2026-02-28T23:00:20Z","device_id":"press-02","line":"L1","temperature":71.1,"note":"two\\nlines","over_limit":false}',
      '  dt=2026-03-01/',
      '    {"ts":"2026-03-01T23:00:00Z","device_id":"press-07","line":"L2","temperature":95,"note":"hot","over_limit":true}',
      '',
      'dead letters: 1 row',
      '  format-conversion-failed/',
      '    readings.csv line 5: field `temperature`: expected double, found "warm" (DataFormatConversion.MalformedData)',
      '      raw: "2026-03-01 08:00:15,press-01,L1,warm,"',
      '',
      '',
    ])
    expect(await listing(directory)).toEqual(before)
  })

  it('takes as many records as it is told, and from the beginning also after a run', async () => {
    const directory = await testFolder()
    const surroundings = { directory, environment: { OUT: 'out' } }
    expect((await commandLine(['run', 'pipeline.yaml', '--quiet'], surroundings)).code).toBe(0)
    const before = await listing(directory)
    const { out } = await commandLine(['preview', 'pipeline.yaml', '-n', '2'], surroundings)
    expect(out).toContain('the first 2 records')
    expect(out.match(/"device_id":"press-\d+"/g)).toEqual(['"device_id":"press-01"', '"device_id":"press-02"'])
    expect(await listing(directory)).toEqual(before)
  })

  it('sends nothing to a record sink, and ends where a followed file has no more records', async () => {
    const directory = await testFolder({
      'follow.yaml':
        'name: follow\nsource: { file: { path: readings.csv, format: csv, follow: true } }\nschema: { device_id: string }\n' +
        'operators: [{ filter: \'device_id != "press-01"\' }]\nsink: { stdout: { format: csv } }\n',
    })
    const { code, out } = await commandLine(['preview', 'follow.yaml', '--records', '100'], { directory })
    expect(code).toBe(0)
    expect(out).toContain('stdout: 4 rows, 3 filtered out\n    {"device_id":"press-02"}\n')
    expect(out.match(/press-02/g)).toHaveLength(2)
  })

  it('says what is wrong with the source, and ends with 1', async () => {
    const directory = await testFolder({ 'gone.yaml': 'name: gone\nsource: { file: { path: gone/there.jsonl } }\nsink: { stdout: { format: raw } }\n' })
    const { code, err } = await commandLine(['preview', 'gone.yaml'], { directory })
    expect(code).toBe(1)
    expect(err).toMatch(/standpipe: .*there\.jsonl.*\n {2}hint: /)
    expect(err).not.toMatch(/^ +at /m)
  })
})

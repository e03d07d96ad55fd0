import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readSource } from '@standpipe/testkit'
import { fileSource } from './file-source.js'

const DATA = join(dirname(fileURLToPath(import.meta.url)), '../../../../../shared/data')

describe('real inputs (../shared/data beside the repository)', () => {
  for (const [path, format, rows, first] of [
    ['machine-temperature/machine_temperature_system_failure.csv', 'csv', 22_695, '2013-12-02 21:15:00,73.96732207'],
    ['steel-energy/Steel_industry_data.csv', 'csv', 35_040, '01/01/2018 00:15,3.17,2.95,0,0,73.21,100,900,Weekday,Monday,Light_Load'],
    ['teaching-factory/dispenser_*.csv', 'csv', 5_161, '1,blue,1535,1720730488,575.9141047239489,12,247.00320202697472'],
    ['nested-iot/*.json', 'json', 5, undefined],
  ] as const) {
    it(`reads every record of ${path}`, async (test) => {
      if (!existsSync(DATA)) return test.skip('the folder ../shared/data is not there')
      const source = fileSource.bind(fileSource.config.parse({ path, format }), { pipeline: 'test', directory: DATA, warn: () => {} })
      const { records, ended } = await readSource(source)
      expect(records).toHaveLength(rows)
      expect(ended).toEqual([...new Set(records.map(({ shard }) => shard))])
      if (first !== undefined) expect(records[0].payload).toBe(first)
    })
  }
})

import { readCsvRecord } from '@standpipe/formats'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { countCsvCells } from './csv-check.js'

it('counts the cells that reading gives, over pieces of CSV in any order', () => {
  const pieces = fc.constantFrom(',', ';', '"', '""', '"a"', '"a,b"', 'a', ' ', '\n', 'é', '\ufeff')
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 10 }), fc.constantFrom(',', ';'), fc.constantFrom('"', ' '), (parts, separator, quote) => {
      const text = parts.join('')
      const bytes = Buffer.from(`x${text}"`)
      const read = readCsvRecord(text, { separator, quote, trim: false })
      expect(countCsvCells(bytes, 1, bytes.length - 1, separator.charCodeAt(0), quote.charCodeAt(0))).toBe(read?.length ?? -1)
    }),
    { numRuns: 5_000 },
  )
})

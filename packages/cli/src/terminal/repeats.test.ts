import type { Clock, Logger } from '@standpipe/core'
import { expect, it } from 'vitest'
import { limitRepeats } from './repeats.js'

it('says a frequent thing once in ten seconds, with how often it was left out, and everything else always', () => {
  const said: unknown[] = []
  let nowMs = 0
  const note = (message: string, fields: Readonly<Record<string, unknown>> = {}): void => void said.push([message, fields.leftOut])
  const log = limitRepeats({ error: note, warn: note, info: note, debug: note } satisfies Logger, { monotonic: () => nowMs } as Clock)
  const rejected = (code: string): void => log.warn(code, { pipeline: 'a', event: 'RecordsRejected', stage: 'decode', code })
  for (let batch = 0; batch < 5; batch++) rejected('ParseError')
  rejected('MalformedData')
  log.warn('read again', { pipeline: 'a', event: 'PipelineRewound' })
  log.warn('read again', { pipeline: 'a', event: 'PipelineRewound' })
  nowMs = 9_999
  rejected('ParseError')
  nowMs = 10_000
  rejected('ParseError')
  rejected('MalformedData')
  expect(said).toEqual([
    ['ParseError', undefined],
    ['MalformedData', undefined],
    ['read again', undefined],
    ['read again', undefined],
    ['ParseError', 5],
    ['MalformedData', undefined],
  ])
})

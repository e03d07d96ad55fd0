import { compileExpression } from '@standpipe/core'
import type { ObjectSink, RecordSink, SinkBindContext, SinkDefinition } from '@standpipe/core/component'
import type { Batch } from '@standpipe/core/model'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { TEXT_SCHEMA, textsOf } from './text-batch.js'

/** A context to bind a sink in: folder `/pipelines`, every format writes `text` as it is, warnings are collected. */
export function sinkBindContext(): SinkBindContext & { readonly warnings: string[] } {
  const warnings: string[] = []
  return {
    pipeline: 'suite',
    directory: '/pipelines',
    warnings,
    warn: (message) => void warnings.push(message),
    bindExpression: (text) => compileExpression(text, TEXT_SCHEMA),
    bindFormat: async () => ({ encodeRows: (batch: Batch) => textsOf(batch).map((text) => Buffer.from(text ?? 'null')) }),
  }
}

/** Binds a sink from a config as YAML would have it. */
export async function bindSink(definition: SinkDefinition, config: unknown, context: SinkBindContext = sinkBindContext()): Promise<ObjectSink | RecordSink> {
  return definition.bind(definition.config.parse(config), TEXT_SCHEMA, context)
}

/**
 * The conformance suite of sink definitions: what listing, reference page, `check` and `explain` rest on.
 * For what a sink does when it is open, see `describeRecordSink` and `describeObjectStore`.
 */
export function describeSink(definition: SinkDefinition): void {
  describe(`sink definition ${definition.name}`, () => {
    it('is named by a noun of lower case and summed up in one sentence', () => {
      expect(definition.name).toMatch(/^[a-z][a-zA-Z0-9]*$/)
      expect(definition.summary).toMatch(/^[A-Z][^\n]*\.$/)
    })

    it('has a JSON Schema in which every option is described', () => {
      const schema = z.toJSONSchema(definition.config, { io: 'input' })
      const undescribed = Object.entries(schema.properties ?? {}).filter(([, option]) => typeof option === 'boolean' || option.description === undefined)
      expect(undescribed.map(([name]) => name)).toEqual([])
    })

    it('shows at least one example, and every example binds', async () => {
      expect(definition.examples.length).toBeGreaterThan(0)
      for (const example of definition.examples) {
        const sink = await bindSink(definition, example.config)
        expect(['object', 'record'], example.title).toContain(sink.kind)
        if (sink.kind !== 'object') continue
        expect(sink.roll.sizeBytes, example.title).toBeGreaterThan(0)
        expect(sink.roll.ageMs, example.title).toBeGreaterThan(0)
        expect(sink.format.name, example.title).toMatch(/^[a-z]/)
      }
    })

    it('refuses an option that it does not know', () => {
      const result = definition.config.safeParse({ ...(definition.examples[0].config as object), noSuchOption: 1 })
      expect(result.error?.issues.map((issue) => issue.code)).toContain('unrecognized_keys')
    })

    it('says why it needs each permission', async () => {
      const sink = await bindSink(definition, definition.examples[0].config)
      for (const statement of sink.iam?.() ?? []) {
        expect(statement.why).not.toBe('')
        expect(statement.actions.every((action) => /^[a-z0-9-]+:[A-Z]\w+$/.test(action))).toBe(true)
        expect(statement.resources.length).toBeGreaterThan(0)
      }
    })
  })
}

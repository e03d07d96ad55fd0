import type { Column, Field } from '@standpipe/core/model'
import type { Attempt } from './attempt.js'
import { bindField, type CompiledField } from './field-writer.js'
import { RawJson } from './raw-json.js'

/** What becomes of fields that the schema does not name; see `DecodePolicy`. */
export type UnknownFields = 'drop' | 'keep' | 'deadLetter'

/** Writes the members of an object into columns, at a row; false where the record cannot be taken. */
export type MembersSetter = (row: number, object: Readonly<Record<string, unknown>>) => boolean

/** The fields of a record or struct, compiled. */
export interface CompiledMembers {
  /** `columns` stand in the order of the fields. */
  bind(columns: readonly Column[], attempt: Attempt): MembersSetter
}

interface Member {
  readonly name: string
  /** The first member to read this name: two fields may read one. */
  readonly counts: boolean
  /** Objects inherit something of this name, so only an own property is a field. */
  readonly inherited: boolean
  /** Of type `json`: stores the text of the value. */
  readonly untyped: boolean
  readonly compiled: CompiledField
}

/** Compiles one field; `path` is for messages. */
export type FieldCompiler = (field: Field, path: string, unknown: UnknownFields) => CompiledField

/** Compiles the fields of a record (`pathPrefix` is `''`) or of a struct (`vibration.`). */
export function compileMembers(
  fields: readonly Field[],
  pathPrefix: string,
  unknown: UnknownFields,
  compileField: FieldCompiler,
): CompiledMembers {
  const names = new Set<string>()
  const members = fields.map((field): Member => {
    const name = field.input?.from ?? field.name
    const counts = !names.has(name)
    names.add(name)
    const compiled = compileField(field, pathPrefix + field.name, unknown)
    return { name, counts, inherited: name in Object.prototype, untyped: field.type.kind === 'json', compiled }
  })
  return {
    bind(columns, attempt) {
      const setters = members.map((member, i) => bindField(member.compiled, columns[i], attempt))
      return (row, object) => {
        let known = 0
        for (let i = 0; i < members.length; i++) {
          const { name, inherited, counts, untyped } = members[i]
          const value = inherited && !Object.hasOwn(object, name) ? undefined : object[name]
          if (value !== undefined && counts) known++
          if (!setters[i](row, value instanceof RawJson && !untyped ? value.value : value)) return false
        }
        let seen = 0
        for (const _name in object) seen++
        if (seen === known) return true
        attempt.unknownFields += seen - known
        if (unknown === 'drop') return true
        if (unknown === 'keep') return attempt.askForSource()
        const stranger = Object.keys(object).find((name) => !names.has(name)) ?? ''
        return attempt.fail(`field \`${pathPrefix}${stranger}\`: not in the schema`)
      }
    },
  }
}

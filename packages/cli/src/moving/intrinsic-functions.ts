import type { MemberPath, Note } from '../firehose/refusal.js'
import { asList, asObject, literalText, type JsonObject } from './found-stream.js'

/** What is gone: `!Ref AWS::NoValue`. */
const NO_VALUE = Symbol('no value')

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Region': '${AWS_REGION}',
  'AWS::AccountId': '${AWS_ACCOUNT_ID}',
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': '${AWS_STACK_NAME}',
  'AWS::StackId': '${AWS_STACK_ID}',
}

/** Property that holds the name of a resource, by its type. */
const NAME_PROPERTIES: Readonly<Record<string, string>> = {
  'AWS::S3::Bucket': 'BucketName',
  'AWS::Kinesis::Stream': 'Name',
  'AWS::Glue::Table': 'TableInput.Name',
  'AWS::Glue::Database': 'DatabaseInput.Name',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Serverless::Function': 'FunctionName',
}

/** A template with its functions worked out as far as the template tells; the rest are variables, `${NAME}`, with a note each. */
export class IntrinsicFunctions {
  readonly notes: Note[] = []

  constructor(private readonly template: JsonObject) {}

  /** The value without functions. */
  resolve(value: unknown, at: MemberPath): unknown {
    const resolved = this.work(value, at)
    return resolved === NO_VALUE ? undefined : resolved
  }

  private work(value: unknown, at: MemberPath): unknown {
    if (typeof value === 'string') return literalText(value)
    if (Array.isArray(value)) return value.map((element, i) => this.work(element, [...at, i])).filter((element) => element !== NO_VALUE)
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value)
    const [name, argument] = entries[0] ?? ['', undefined]
    if (entries.length === 1 && (name === 'Ref' || name.startsWith('Fn::'))) return this.call(name, argument, at)
    return Object.fromEntries(entries.map(([key, member]) => [key, this.work(member, [...at, key])]).filter(([, member]) => member !== NO_VALUE))
  }

  private call(name: string, argument: unknown, at: MemberPath): unknown {
    switch (name) {
      case 'Ref':
        return this.reference(String(argument), at)
      case 'Fn::GetAtt': {
        const [resource, ...attribute] = typeof argument === 'string' ? argument.split('.') : asList(argument).map(String)
        return this.attribute(resource ?? '', attribute.join('.'), at)
      }
      case 'Fn::Sub': {
        const [text, variables] = typeof argument === 'string' ? [argument, {}] : asList(argument)
        return this.substitute(String(text), asObject(variables), at)
      }
      case 'Fn::Join': {
        const [delimiter, parts] = asList(argument)
        return asList(this.work(parts, at)).map(String).join(String(delimiter))
      }
      default:
        return this.unknown(`${name.slice(4)}_${at.at(-1) ?? ''}`, `\`${name}\` is worked out at deployment`, at)
    }
  }

  private substitute(text: string, variables: JsonObject, at: MemberPath): string {
    return text.replaceAll(/\$\{(!?)([^}]*)\}/g, (_all, literal: string, name: string) => {
      if (literal === '!') return `$\${${name}}`
      if (Object.hasOwn(variables, name)) return String(this.resolve(variables[name], at))
      const dot = name.indexOf('.')
      const value = dot < 0 ? this.reference(name, at) : this.attribute(name.slice(0, dot), name.slice(dot + 1), at)
      return value === NO_VALUE ? '' : String(value)
    })
  }

  private reference(name: string, at: MemberPath): unknown {
    if (name === 'AWS::NoValue') return NO_VALUE
    const pseudo = PSEUDO[name]
    if (pseudo !== undefined) return pseudo
    const parameter = asObject(asObject(this.template.Parameters)[name])
    if (parameter.Default !== undefined) {
      const { Default: fallback, Type: type } = parameter
      const shown = typeof fallback === 'string' ? fallback : JSON.stringify(fallback)
      this.note(at, `the parameter ${name} of the template; its default is \`${shown}\``)
      // Numbers cannot come from the environment: the default is taken.
      return type === 'Number' || shown === '' ? fallback : `\${${variableName(name)}:-${shown}}`
    }
    return this.nameOf(name) ?? this.unknown(name, `\`${name}\` is known at deployment`, at)
  }

  private attribute(resource: string, attribute: string, at: MemberPath): unknown {
    const { Type: type } = asObject(asObject(this.template.Resources)[resource])
    if (attribute === 'Arn') {
      const name = (): string => String(this.nameOf(resource) ?? this.unknown(resource, `the name of \`${resource}\` is known at deployment`, at))
      if (type === 'AWS::S3::Bucket') return `arn:aws:s3:::${name()}`
      if (type === 'AWS::Kinesis::Stream') return `arn:aws:kinesis:\${AWS_REGION}:\${AWS_ACCOUNT_ID}:stream/${name()}`
      if (type === 'AWS::Lambda::Function' || type === 'AWS::Serverless::Function') return `arn:aws:lambda:\${AWS_REGION}:\${AWS_ACCOUNT_ID}:function:${name()}`
    }
    return this.unknown(`${resource}_${attribute}`, `\`${resource}.${attribute}\` is known at deployment`, at)
  }

  /** The name that the template gives to a resource. */
  private nameOf(resource: string): string | undefined {
    const { Type: type, Properties: properties } = asObject(asObject(this.template.Resources)[resource])
    const way = NAME_PROPERTIES[String(type)]?.split('.') ?? []
    const name = way.reduce<unknown>((value, key) => asObject(value)[key], properties)
    return typeof name === 'string' && way.length > 0 ? literalText(name) : undefined
  }

  private unknown(name: string, why: string, at: MemberPath): string {
    const variable = variableName(name)
    this.note(at, `${why}: set \`${variable}\` in the environment`)
    return `\${${variable}}`
  }

  private note(path: MemberPath, message: string): void {
    if (!this.notes.some((known) => known.message === message)) this.notes.push({ path, message })
  }
}

/** `ArchiveBucket.Arn` as `ARCHIVE_BUCKET_ARN`. */
function variableName(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .replace(/^(?=\d)/, '_')
    .toUpperCase()
}

import { isMap, isSeq, Document, visit } from 'yaml'
import { memberPathText, type Note } from '../firehose/refusal.js'

/** A pipeline made of a delivery stream. */
export interface ImportedPipeline {
  readonly stream: string
  readonly pipeline: object
  readonly notes: readonly Note[]
}

const COLUMNS = 140

/** What each section is, above it. */
const COMMENTS: Readonly<Record<string, string>> = {
  semantics: 'rolls, limits and retries as Firehose has them; `standpipe explain` shows all that it sets',
  source: 'where records come from',
  transform: 'what is done to payloads, in this order',
  decode: 'format conversion: how JSON is read, by the OpenX rules',
  schema: 'the columns of the Glue table',
  sink: 'objects as Firehose writes them; inputSize counts bytes before compression',
  sinks: 'main: what is delivered; backup: what was sent, before any step',
  deadLetter: 'what cannot be processed, as error records of Firehose',
  limits: 'a Kinesis stream may hold larger records than Direct PUT takes',
}

/** The text of a pipeline file: what differs as comments at its head, then the pipelines, each section with a comment. */
export function importedFile(from: string, kind: string, pipelines: readonly ImportedPipeline[]): string {
  return pipelines
    .map(({ stream, pipeline, notes }, i) => {
      const head = [
        ...(i > 0 ? ['---'] : []),
        `# The delivery stream ${stream} of ${from} (${kind}), by \`standpipe import\`.`,
        ...(i === 0 ? ['# yaml-language-server: $schema=./pipeline.schema.json'] : []),
        ...(notes.length === 0 ? [] : ['#', '# What differs, and what to look at:', ...notes.flatMap(noteLines)]),
        '',
      ]
      return `${head.join('\n')}\n${pipelineYaml(pipeline)}`
    })
    .join('\n')
}

function noteLines({ path, message }: Note): readonly string[] {
  const words = `${path.length === 0 ? '' : `${memberPathText(path)}: `}${message}`.split(' ')
  const lines: string[] = []
  let line = '# -'
  for (const word of words) {
    if (line.length + word.length + 1 > COLUMNS && line.length > 4) {
      lines.push(line)
      line = '#  '
    }
    line += ` ${word}`
  }
  return [...lines, line]
}

function pipelineYaml(pipeline: object): string {
  const document = new Document(pipeline)
  const { contents } = document
  visit(document, {
    Collection(_key, node, path) {
      // The schema has a field on each line, and short leaves stand on one.
      if (path.length > 2 && !JSON.stringify(node).includes('{"', 1) && JSON.stringify(node).length < 90) node.flow = true
    },
  })
  if (isMap(contents)) {
    for (const { key, value } of contents.items) {
      const comment = COMMENTS[String((key as { value: unknown }).value)]
      if (comment === undefined) continue
      const holder = key as { commentBefore?: string; spaceBefore?: boolean }
      holder.commentBefore = ` ${comment}`
      holder.spaceBefore = isMap(value) || isSeq(value)
    }
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: true })
}

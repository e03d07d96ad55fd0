import { Environment, ParseError, type ASTNode } from '@marcbachmann/cel-js'
import { ExpressionError } from './expression-error.js'

/** A node of the parsed text, with its place in it. */
export type SyntaxNode = ASTNode

const MAX_TEXT_LENGTH = 16_384
const parser = new Environment({
  unlistedVariablesAreDyn: true,
  limits: { maxAstNodes: 10_000, maxDepth: 100, maxListElements: 5_000, maxMapEntries: 1_000, maxCallArguments: 32 },
})

/** Parses CEL. Throws {@link ExpressionError}; nothing is looked up or evaluated yet. */
export function parseExpression(text: string): SyntaxNode {
  if (text.trim() === '') throw new ExpressionError('the expression is empty', 0, text.length)
  if (text.length > MAX_TEXT_LENGTH) throw new ExpressionError(`the expression is longer than ${MAX_TEXT_LENGTH} characters`, MAX_TEXT_LENGTH, text.length)
  try {
    return parser.parse(text).ast
  } catch (error) {
    if (error instanceof ParseError) {
      const { start, end } = error.range ?? { start: 0, end: text.length }
      throw new ExpressionError(lowerFirst(error.summary), start, end, hintFor(error.code, text, start))
    }
    // The parser recurses; a long row of `!` or `-` ends in a full stack before it reaches a limit.
    if (error instanceof RangeError) throw new ExpressionError('the expression is nested too deeply', 0, text.length)
    throw error
  }
}

/** The place of a node in the text. */
export function place({ start, end }: SyntaxNode): { readonly start: number; readonly end: number } {
  return { start, end }
}

function hintFor(code: string, text: string, at: number): string | undefined {
  if (code === 'reserved_identifier') return 'write record["name"] for a field whose name is reserved in CEL'
  if (text[at] === '=') return 'compare with `==`'
  if (text[at] === '&') return 'write `&&`'
  if (text[at] === '|') return 'write `||`'
  if (text.charCodeAt(at) > 127 || text[at] === '`') return 'write record["name"] for a field whose name is not an identifier'
  return undefined
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

/** Characters that mean something to YAML, and stand-ins of the same length from Unicode's private use area. */
const MASKS: readonly (readonly [string, string])[] = Array.from(
  '{}[],:#&*!|>%@`',
  (character, index) => [character, String.fromCharCode(0xe000 + index)] as const,
)

const TO_MASK = new Map(MASKS)
const FROM_MASK = new Map(MASKS.map(([character, mask]) => [mask, character]))
const ANY_MASK = new RegExp(`[\\ue000-\\u${(0xe000 + MASKS.length - 1).toString(16)}]`, 'g')

/** A text whose `${…}` YAML takes for plain text, also inside `{ … }` and `[ … ]`. Offsets stay the same. */
export interface MaskedText {
  readonly text: string
  /** Puts the characters back in any part of it. */
  unmask(part: string): string
}

/**
 * Hides the braces of `${…}` from YAML, which would end a plain text at them: so `{ token: ${TOKEN} }` needs no
 * quotes. A text that has the stand-ins itself is left as it is.
 */
export function maskVariables(text: string): MaskedText {
  if (text.search(ANY_MASK) >= 0) return { text, unmask: (part) => part }
  return {
    text: text.replaceAll(/\$\{[^}\n]*\}/g, (expression) =>
      Array.from(expression, (character) => TO_MASK.get(character) ?? character).join(''),
    ),
    unmask: (part) => part.replaceAll(ANY_MASK, (mask) => FROM_MASK.get(mask) ?? mask),
  }
}

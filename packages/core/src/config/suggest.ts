import { didYouMean } from '../expression/did-you-mean.js'

/** A hint for an unknown name: the one that was meant, or else what there is. */
export function suggest(name: string, known: readonly string[]): string | undefined {
  return didYouMean(name, known) ?? (known.length === 0 ? undefined : `known here: ${known.join(', ')}`)
}

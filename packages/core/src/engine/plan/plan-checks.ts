import { isMapping, type ProblemLog } from '../../config/index.js'
import type { PipelineParts } from './choose-parts.js'
import { canonicalJson } from './fingerprint.js'

/** How objects are written, not where: two sinks that differ in these alone write to the same place. */
const NOT_THE_PLACE = ['format', 'roll', 'fileExtension', 'timeZone', 'storageClass', 'encryption', 'kmsKey']

/** Whether an address can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}

/** Warns where two sinks of a pipeline would put their output in the same place. */
export function warnOfSharedPlaces(parts: PipelineParts, log: ProblemLog): void {
  const known = new Map<string, string>()
  for (const { name, choice } of parts.sinks) {
    const place = placeOf(choice.definition.name, choice.given)
    const other = known.get(place)
    if (other !== undefined) log.warn(choice.path, `the sinks \`${other}\` and \`${name}\` write to the same place`, { at: 'key', hint: 'give each its own path or prefix, so that readers can tell their rows apart' })
    else known.set(place, name)
  }
}

/** Says where a component writes, so that equal places have equal texts. */
export function placeOf(component: string, given: unknown): string {
  const place = isMapping(given) ? Object.fromEntries(Object.entries(given).filter(([key]) => !NOT_THE_PLACE.includes(key))) : given
  return `${component} ${canonicalJson(place)}`
}

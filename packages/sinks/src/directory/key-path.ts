import { StandpipeError } from '@standpipe/core/model'

/** Folder of the staged files, inside the sink's own: `link` works only within one file system. */
export const STAGING_FOLDER = '.standpipe-staging'

/**
 * The folders and the name that a key stands for. Throws SINK_REJECTED for a key that could leave the
 * root or name something else there: `..`, `.`, an empty segment, a NUL, the staging folder.
 */
export function keySegments(key: string): readonly string[] {
  const segments = key.split('/')
  const faulty = segments.find((segment) => segment === '' || segment === '.' || segment === '..' || segment.includes('\0'))
  if (faulty !== undefined || segments[0] === STAGING_FOLDER) {
    throw new StandpipeError(`the key ${JSON.stringify(key)} is no path below the sink's folder`, { code: 'SINK_REJECTED', component: 'directory' })
  }
  return segments
}

/** File name of a staged object: its identity, with everything escaped that is not plainly a name. */
export function stagedName(identity: string): string {
  return encodeURIComponent(identity).replaceAll('.', '%2E')
}

/** Whether a name may be one that {@link stagedName} made: a plain file name that is not hidden. */
export function isStagedName(name: string): boolean {
  return /^[^./\0]+$/.test(name)
}

/** The identity that {@link stagedName} made a name of; undefined for other files. */
export function identityOfStagedName(name: string): string | undefined {
  if (!isStagedName(name)) return undefined
  try {
    return decodeURIComponent(name)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

import { isAbsolute, relative } from 'node:path'

/** A place as a person in `directory` would type it: paths relative to where that is shorter, anything else (`s3://lake`) as it is. */
export function shownPath(place: string, directory: string): string {
  if (!isAbsolute(place)) return place
  const path = relative(directory, place)
  if (path === '') return '.'
  return path.startsWith('..') && path.length >= place.length ? place : path
}

import { fileURLToPath } from 'node:url'

/** Whether the module of this URL is the program that was started, and not imported by a test. */
export function isStartedHere(url: string): boolean {
  return process.argv[1] === fileURLToPath(url)
}

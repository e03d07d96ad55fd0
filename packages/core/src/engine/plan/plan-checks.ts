import type { ConfigPath, ProblemLog } from '../../config/index.js'

/** Whether an address can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}

/** Where the sinks of a file write, to warn where two would mix their objects. */
export class SharedPlaces {
  private readonly known = new Map<string, string>()

  /** Notes where a sink writes; `path` is where to point at if another one writes there already. */
  note(
    where: { readonly location: string; readonly prefix: string },
    sink: { readonly pipeline: string; readonly name: string },
    log: ProblemLog,
    path: ConfigPath,
  ): void {
    const place = `${where.location} ${where.prefix}`
    const name = `\`${sink.name}\` of \`${sink.pipeline}\``
    const other = this.known.get(place)
    if (other === undefined) this.known.set(place, name)
    else
      log.warn(path, `the sinks ${other} and ${name} write to the same place`, {
        at: 'key',
        hint: 'give each its own path or prefix, so that readers can tell their rows apart',
      })
  }
}

import { z } from 'zod'

const DURATIONS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const SIZES: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

/** A duration with its unit (`500ms`, `30s`, `5m`, `1h`, `7d`) as milliseconds. Plain numbers are refused. */
export function duration(): z.ZodType<number, string> {
  return quantity('a duration with its unit, like 30s or 5m', DURATIONS)
}

/** A size with its unit (`64KiB`, `128MiB`, `1GB`) as bytes. Plain numbers are refused. */
export function size(): z.ZodType<number, string> {
  return quantity('a size with its unit, like 64KiB or 128MiB', SIZES)
}

/** A duration as people write it: the largest unit that divides it. */
export function formatDuration(ms: number): string {
  const unit = Object.entries(DURATIONS).reverse().find(([, factor]) => ms >= factor && ms % factor === 0) ?? ['ms', 1]
  return `${ms / unit[1]}${unit[0]}`
}

/** A size for people: `1.5 MiB`, `230 B`. */
export function formatSize(bytes: number): string {
  const [unit, factor] = bytes >= 1024 ** 3 ? ['GiB', 1024 ** 3] : bytes >= 1024 ** 2 ? ['MiB', 1024 ** 2] : bytes >= 1024 ? ['KiB', 1024] : ['B', 1]
  return `${Number((bytes / (factor as number)).toFixed(factor === 1 ? 0 : 1))} ${unit}`
}

function quantity(expected: string, units: Readonly<Record<string, number>>): z.ZodType<number, string> {
  const pattern = new RegExp(`^(\\d+(?:\\.\\d+)?)\\s*(${Object.keys(units).join('|')})$`)
  return z
    .string({ error: `expected ${expected}` })
    .regex(pattern, { error: `expected ${expected}` })
    .transform((text) => {
      const [, amount, unit] = pattern.exec(text) ?? []
      return Math.round(Number(amount) * units[unit])
    })
}

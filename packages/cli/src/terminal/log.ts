import type { Clock, Logger } from '@standpipe/core'
import { createPaint, type Terminal } from './terminal.js'

/** How log lines can look: `text` for people, `json` for machines. */
export const LOG_FORMATS = ['text', 'json'] as const

/** Levels, the gravest first. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const

/** `auto`: `text` where standard error is a terminal, else `json`. */
export type LogFormat = 'auto' | (typeof LOG_FORMATS)[number]

/** Least level that is written. `auto`: `warn` where standard error is a terminal, since progress tells the rest, else `info`. */
export type LogLevel = 'auto' | (typeof LOG_LEVELS)[number]

/** A logger to standard error. Lines carry what the engine's events say; payloads are in none of them. */
export function createLogger(
  terminal: Terminal,
  options: { readonly format: LogFormat; readonly level: LogLevel; readonly clock: Clock; readonly before?: () => void },
): Logger {
  const text = options.format === 'text' || (options.format === 'auto' && terminal.errIsTerminal)
  const least = LOG_LEVELS.indexOf(options.level !== 'auto' ? options.level : terminal.errIsTerminal ? 'warn' : 'info')
  const paint = createPaint(terminal, 'err')
  const write = (level: (typeof LOG_LEVELS)[number], message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    if (LOG_LEVELS.indexOf(level) > least) return
    const time = new Date(options.clock.now()).toISOString()
    options.before?.()
    if (!text) {
      terminal.err.write(`${JSON.stringify({ time, level, message, ...fields })}\n`)
      return
    }
    const colour = level === 'error' ? 'red' : level === 'warn' ? 'yellow' : 'dim'
    const rest = Object.entries(fields)
      .filter(([key, value]) => value !== undefined && key !== 'event')
      .map(([key, value]) => `${key}=${typeof value === 'string' && !/[\s"]/.test(value) ? value : JSON.stringify(value)}`)
    terminal.err.write(`${paint('dim', time.slice(11, 19))} ${paint(colour, level.padEnd(5))} ${message} ${paint('dim', rest.join(' '))}\n`)
  }
  return {
    error: (message, fields) => write('error', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    info: (message, fields) => write('info', message, fields),
    debug: (message, fields) => write('debug', message, fields),
  }
}

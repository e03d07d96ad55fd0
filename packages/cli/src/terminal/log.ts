import type { Clock, Logger } from '@standpipe/core'
import { createPaint, type Terminal } from './terminal.js'

/** How log lines look: `text` for people, `json` for machines; `auto` by whether standard error is a terminal. */
export type LogFormat = 'auto' | 'text' | 'json'

/** Least level that is written. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

const LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug']

/** A logger to standard error. Lines carry what the engine's events say; payloads are in none of them. */
export function createLogger(
  terminal: Terminal,
  options: { readonly format: LogFormat; readonly level: LogLevel; readonly clock: Clock; readonly before?: () => void },
): Logger {
  const text = options.format === 'text' || (options.format === 'auto' && terminal.errIsTerminal)
  const paint = createPaint(terminal.errIsTerminal)
  const write = (level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    if (LEVELS.indexOf(level) > LEVELS.indexOf(options.level)) return
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

import type { Registry } from '@standpipe/core'
import type { Terminal } from './terminal/terminal.js'

/** A flag of a command, as `node:util` parseArgs takes it, with its help. */
export interface Flag {
  readonly type: 'boolean' | 'string'
  readonly short?: string
  readonly placeholder?: string
  readonly help: string
  readonly default?: string
  /** The values it takes; by default any text. */
  readonly choices?: readonly string[]
  /** Takes whole numbers from 1. */
  readonly wholeNumber?: true
}

/** What a command works with: the outside world, passed in so that tests can pass another. */
export interface CommandContext {
  readonly terminal: Terminal
  readonly registry: Registry
  readonly environment: Readonly<Record<string, string | undefined>>
  /** How a person calls this program: `standpipe`, or `npm start --` in a clone. */
  readonly program: string
  /** The current directory, absolute. */
  readonly directory: string
  /** Calls back on the first SIGTERM or SIGINT; a second one ends the process. */
  onStop(stop: () => void): void
  /** Asks a person at the terminal; resolves to undefined where nobody is there to answer. */
  ask(question: string): Promise<string | undefined>
}

/** What was typed after the command's name. */
export interface CommandInput {
  readonly positionals: readonly string[]
  readonly flags: Readonly<Record<string, string | boolean | undefined>>
}

/** A command of `standpipe`: its help is made from this value. */
export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** What follows the name: `FILE [--pipeline NAME]`. */
  readonly usage: string
  /** How many positionals it takes, at least and at most. */
  readonly arguments: readonly [number, number]
  readonly description: string
  readonly flags: Readonly<Record<string, Flag>>
  /** Command lines that work, each with what it does. */
  readonly examples: readonly (readonly [line: string, does: string])[]
  /** Resolves to the exit code. */
  run(input: CommandInput, context: CommandContext): Promise<number>
}

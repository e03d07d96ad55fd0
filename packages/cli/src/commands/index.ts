import type { Command } from '../command.js'
import { checkCommand } from './check.js'
import { configSchemaCommand } from './config-schema.js'
import { explainCommand } from './explain.js'
import { exportCommand } from './export.js'
import { firehoseServerCommand } from './firehose-server.js'
import { importCommand } from './import.js'
import { inferCommand } from './infer.js'
import { initCommand } from './init.js'
import { listCommand } from './list.js'
import { previewCommand } from './preview.js'
import { recoverCommand } from './recover.js'
import { resetCommand } from './reset.js'
import { runCommand } from './run.js'
import { statusCommand } from './status.js'
import { tableCommand } from './table.js'
import { verifyCommand } from './verify.js'

/** Every command, in the order that the help lists them: adding one is one line here. */
export const COMMANDS: readonly Command[] = [
  runCommand,
  checkCommand,
  explainCommand,
  previewCommand,
  initCommand,
  inferCommand,
  importCommand,
  exportCommand,
  statusCommand,
  verifyCommand,
  recoverCommand,
  resetCommand,
  tableCommand,
  firehoseServerCommand,
  listCommand,
  configSchemaCommand,
]

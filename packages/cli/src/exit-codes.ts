/** What a command's exit code says; `standpipe help exit-codes` prints this table. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: 'Done. A run ended or drained with everything settled; dead letters do not change this.' },
  failed: { code: 1, meaning: 'The command could not do its work, or `verify` found something lost or doubled. A run that ends so loses nothing: run again.' },
  usage: { code: 2, meaning: 'The command line cannot be understood.' },
  config: { code: 3, meaning: 'The pipeline file cannot be read, or has errors; each is printed with its place.' },
  fenced: { code: 4, meaning: 'Another process runs the same pipeline and has taken over its ledger.' },
  interrupted: { code: 130, meaning: 'Stopped before the end: `run` by a second signal, other commands by the first. The next run resumes after the last checkpoint.' },
} as const

/** Every error code, with what to do about it. Codes are stable: people search for them. */
export const ERROR_CODES = {
  CONFIG_INVALID: 'Correct the pipeline file at the places named; `standpipe check FILE` lists them all.',
  SOURCE_UNREADABLE: 'Check that the path or stream exists and that this process may read it.',
  SOURCE_DATA_CORRUPT: 'The input cannot be read past this point; repair or exclude it, then run again: the run resumes after the last checkpoint.',
  RETENTION_PASSED: 'The source has dropped records that were not read. Find out what they were; raise the retention of the stream; `onGap: continue` reads on after them.',
  SINK_UNREACHABLE: 'Check the endpoint and the network; the pipeline retries by itself and loses nothing while it waits.',
  SINK_BUSY: 'The other side asks to slow down, or is at work on the same object; the pipeline retries by itself and loses nothing while it waits.',
  SINK_ACCESS_DENIED: 'Check the permissions of the folder, or the credentials; for AWS, `standpipe explain --iam FILE` prints the policy that is needed.',
  SINK_NOT_FOUND: 'Create the bucket or directory, or correct its name.',
  SINK_REJECTED: 'The sink refuses this request for good; see the message and the cause.',
  SINK_CLOSED: 'Nothing is wrong: the reader of the output (a pager, `head`) has closed it. What it did not take is not settled.',
  DISK_FULL: 'Make room on the disk; the run resumes after the last checkpoint.',
  LEDGER_FENCED: 'Another process runs the same pipeline; stop one of them, or give each its own state directory.',
  LEDGER_CORRUPT: 'The ledger cannot be read; see the message. Nothing was delivered from it.',
  LEDGER_NEWER: 'This ledger was written by a newer Standpipe; run that version or a later one.',
  CONFIG_CHANGED: 'Finish with the stored configuration first (`standpipe run --stored FILE`), or reset the pipeline; see the message.',
  COMMIT_LOST: 'Published or staged objects were removed by someone else; find out by whom before you go on.',
  STATE_FULL: 'The operator holds as many keys as it may. Raise its limit, use coarser keys or shorter windows; the run resumes after the last checkpoint.',
  OPERATOR_FAILED: 'The operator threw; see the cause. A bad record never ends here, so this is a fault in code.',
  BATCH_NOT_SETTLED: 'An operator swallowed a batch; every batch must be emitted or settled exactly once.',
  MODULE_UNLOADABLE: 'Check the path of the module, and that it exports a function of that name.',
  VALUE_UNSUPPORTED: 'The format or engine cannot hold this value without altering it; choose another engine, type or option for the field.',
  TIMEOUT: 'The other side did not answer in time; raise the time limit if it is slow rather than gone.',
  INTERNAL: 'This is a fault in Standpipe; please report it with the message and the stack.',
} as const

/** One of the codes of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES

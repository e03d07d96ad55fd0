import { StandpipeError, type ErrorCode } from '@standpipe/core/model'
import { fileErrorCode } from '@standpipe/core/component'

const BY_CODE: Readonly<Record<string, { readonly code: ErrorCode; readonly retryable: boolean; readonly says: string }>> = {
  ENOSPC: { code: 'DISK_FULL', retryable: true, says: 'no room is left on the disk' },
  EDQUOT: { code: 'DISK_FULL', retryable: true, says: 'the disk quota is used up' },
  EACCES: { code: 'SINK_ACCESS_DENIED', retryable: false, says: 'permission denied' },
  EPERM: { code: 'SINK_ACCESS_DENIED', retryable: false, says: 'operation not permitted' },
  EROFS: { code: 'SINK_ACCESS_DENIED', retryable: false, says: 'the file system is read-only' },
  ENOENT: { code: 'SINK_NOT_FOUND', retryable: false, says: 'the folder is gone' },
  ENOTDIR: { code: 'SINK_NOT_FOUND', retryable: false, says: 'a file stands where a folder should be' },
  EMFILE: { code: 'SINK_BUSY', retryable: true, says: 'too many open files' },
  ENFILE: { code: 'SINK_BUSY', retryable: true, says: 'too many open files in the system' },
  EBUSY: { code: 'SINK_BUSY', retryable: true, says: 'the file is in use' },
  ESTALE: { code: 'SINK_UNREACHABLE', retryable: true, says: 'the network file system lost the file handle' },
  ETIMEDOUT: { code: 'SINK_UNREACHABLE', retryable: true, says: 'the network file system does not answer' },
  EXDEV: { code: 'SINK_REJECTED', retryable: false, says: 'the folder is on another file system than the staged file' },
  ENAMETOOLONG: { code: 'SINK_REJECTED', retryable: false, says: 'the name is too long for the file system' },
}

/** The StandpipeError for a file-system error, judged by its code. `retryable: false` overrides the table. */
export function mapFileError(error: unknown, action: string, change: { readonly retryable?: false } = {}): StandpipeError {
  if (error instanceof StandpipeError) return error
  const code = fileErrorCode(error) ?? 'unknown error'
  const known = BY_CODE[code] ?? { code: 'SINK_REJECTED', retryable: false, says: 'the file system refuses' }
  return new StandpipeError(`cannot ${action}: ${known.says} (${code})`, {
    code: known.code,
    retryable: change.retryable ?? known.retryable,
    component: 'directory',
    cause: error,
  })
}

/** Runs a step, with its file-system errors mapped. */
export async function withFileErrors<T>(action: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    throw mapFileError(error, action)
  }
}

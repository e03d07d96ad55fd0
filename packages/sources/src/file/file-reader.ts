import { open, type FileHandle } from 'node:fs/promises'
import { StandpipeError } from '@standpipe/core'
import type { BlockOrigin, FramedBlock } from '../reading/framed-block.js'
import type { RecordFormat } from '../reading/record-format.js'
import { RecordFraming } from '../reading/record-framing.js'
import { STREAM_START } from '../reading/stream-position.js'
import type { Compression } from './compression.js'
import { unreadable } from './file-bytes.js'
import { formatIdentity, hashHead, HEAD_BYTES, type FileIdentity } from './file-position.js'
import type { InspectedFile } from './file-generations.js'
import { inodeName } from './find-files.js'
import { openTextStream, type TextStream } from './text-stream.js'

/** How the files of a source are read. */
export interface FileReading {
  readonly format: RecordFormat
  readonly encoding: string
  readonly maxRecordBytes: number
  readonly chunkBytes: number
  compressionOf(file: Pick<InspectedFile, 'path' | 'head'>): Compression
  /** Arrival time of the records read now, where a file has none of its own. */
  now(): number
}

/** Reads one file in blocks, by its descriptor: renaming or deleting the file does not disturb it. */
export class FileReader {
  /** Bytes of the file read so far. */
  readBytes = 0

  private constructor(
    readonly file: InspectedFile,
    readonly handle: FileHandle,
    private readonly reading: FileReading,
    private readonly stream: TextStream,
    private readonly framing: RecordFraming,
    private readonly arrivalMs: number | undefined,
  ) {}

  /** Opens a file at a place in its text; `arrivalMs` is the arrival time of all its records. Throws SOURCE_UNREADABLE. */
  static async open(file: InspectedFile, reading: FileReading, from = STREAM_START, arrivalMs?: number): Promise<FileReader> {
    let handle: FileHandle
    try {
      handle = await open(file.fullPath, 'r')
    } catch (error) {
      throw unreadable(file.fullPath, error)
    }
    try {
      if (inodeName(await handle.stat()) !== file.inode) {
        throw unreadable(file.fullPath, Object.assign(new Error('it was replaced at this moment'), { code: 'ENOENT' }))
      }
      const { format, encoding, chunkBytes, maxRecordBytes } = reading
      const options = { path: file.fullPath, compression: reading.compressionOf(file), encoding, chunkBytes }
      const header = format.hasHeader && from.offset > 0 ? await readHeader(handle, file, options, reading) : undefined
      let reader: FileReader | undefined
      let readBytes = file.offsetsAreBytes ? from.offset : 0
      const stream = await openTextStream(handle, {
        ...options,
        offset: from.offset,
        onRead(end) {
          readBytes = end
          if (reader !== undefined) reader.readBytes = end
        },
      })
      const framing = new RecordFraming(format, { maxRecordBytes, place: { offset: stream.offset, line: from.line }, header })
      reader = new FileReader(file, handle, reading, stream, framing, arrivalMs)
      reader.readBytes = readBytes
      return reader
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** The next block of records; undefined at the present end of the file. */
  async next(): Promise<FramedBlock | undefined> {
    for (;;) {
      const chunk = await this.stream.pull()
      if (chunk === undefined) return undefined
      const block = this.framing.push(chunk, await this.origin())
      if (block !== undefined) return block
    }
  }

  /** The file will not grow any more: the records that its end ends. */
  async finish(): Promise<readonly FramedBlock[]> {
    const rest = this.stream.flush()
    const origin = await this.origin()
    const blocks = [rest === undefined ? undefined : this.framing.push(rest, origin), this.framing.end(origin)]
    return blocks.filter((block) => block !== undefined)
  }

  close(): Promise<void> {
    return this.handle.close()
  }

  private identity: FileIdentity | undefined
  private identityText = ''

  /** The more of the file was read, the surer its identity, up to the size of the head. */
  private async origin(): Promise<BlockOrigin> {
    const headBytes = Math.min(HEAD_BYTES, this.readBytes)
    if (this.identity?.headBytes !== headBytes) {
      const head = await readHeadOf(this.handle, headBytes)
      const { arrivalMs } = this
      this.identity = { headBytes: head.length, headHash: hashHead(head, head.length), inode: this.file.inode, ...(arrivalMs === undefined ? {} : { arrivalMs }) }
      this.identityText = formatIdentity(this.identity)
    }
    return { name: this.file.path, stream: this.identityText, arrivalMs: this.arrivalMs ?? this.reading.now() }
  }
}

/** The first bytes of an open file. */
export async function readHeadOf(handle: FileHandle, bytes = HEAD_BYTES): Promise<Uint8Array> {
  const buffer = new Uint8Array(bytes)
  const { bytesRead } = await handle.read(buffer, 0, bytes, 0)
  return buffer.subarray(0, bytesRead)
}

type StreamOptions = Omit<Parameters<typeof openTextStream>[1], 'offset'>

async function readHeader(handle: FileHandle, file: InspectedFile, options: StreamOptions, reading: FileReading): Promise<readonly string[]> {
  const stream = await openTextStream(handle, { ...options, offset: 0 })
  const place = { offset: stream.offset, line: 1 }
  const framing = new RecordFraming(reading.format, { maxRecordBytes: reading.maxRecordBytes, place })
  const origin = { name: file.path, stream: '', arrivalMs: 0 }
  for (let chunk = await stream.pull(); chunk !== undefined; chunk = await stream.pull()) {
    framing.push(chunk, origin)
    if (framing.columns !== undefined) return framing.columns
  }
  throw new StandpipeError(`${file.fullPath}: the header row is gone`, { code: 'SOURCE_DATA_CORRUPT', component: 'file' })
}

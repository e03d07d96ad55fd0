import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, crc32, deflateRaw } from 'node:zlib'
import { StandpipeError } from '@standpipe/core/model'
import type { CompressedObject } from './compression.js'

/** Without the extension ZIP64 no length or offset is larger. */
const MAX_BYTES = 0xffff_ffff
/** Lengths and checksum stand after the data. */
const FLAG_DESCRIPTOR = 8
const METHOD_DEFLATE = 8
const VERSION = 20
/** 1980-01-01, the first day that a ZIP archive knows: the same rows give the same bytes but for the name. */
const DATE = 0x21
/** A last block of deflate that holds nothing. */
const LAST_BLOCK = Buffer.from([0x03, 0x00])

const deflateBlock = promisify(deflateRaw)

/** A ZIP archive (APPNOTE 6.3) with one deflated entry named by a UUID, as Firehose writes; at most 4 GiB. */
export class ZipArchive implements CompressedObject {
  private readonly name = Buffer.from(randomUUID())
  private crc = 0
  private plainBytes = 0
  private deflatedBytes = 0
  private begun = false

  async compress(block: Uint8Array): Promise<Uint8Array> {
    this.crc = crc32(block, this.crc)
    this.plainBytes += block.length
    const deflated = await deflateBlock(block, { finishFlush: constants.Z_SYNC_FLUSH })
    this.deflatedBytes += deflated.length
    return Buffer.concat([...this.begin(), deflated])
  }

  async end(): Promise<Uint8Array> {
    const head = this.begin()
    this.deflatedBytes += LAST_BLOCK.length
    if (this.plainBytes > MAX_BYTES || this.deflatedBytes > MAX_BYTES - 1024) {
      throw new StandpipeError('an object of more than 4 GiB does not fit in a ZIP archive; lower `roll.size` or `roll.inputSize`', { code: 'VALUE_UNSUPPORTED' })
    }
    const descriptor = fields([32, 0x0807_4b50], ...this.totals())
    const directory = Buffer.concat([
      fields([32, 0x0201_4b50], [16, VERSION], ...this.description(), ...this.totals(), [16, this.name.length], [16, 0], [16, 0], [16, 0], [16, 0], [32, 0], [32, 0]),
      this.name,
    ])
    const directoryAt = 30 + this.name.length + this.deflatedBytes + descriptor.length
    const end = fields([32, 0x0605_4b50], [16, 0], [16, 0], [16, 1], [16, 1], [32, directory.length], [32, directoryAt], [16, 0])
    return Buffer.concat([...head, LAST_BLOCK, descriptor, directory, end])
  }

  private begin(): readonly Uint8Array[] {
    if (this.begun) return []
    this.begun = true
    return [fields([32, 0x0403_4b50], ...this.description(), [32, 0], [32, 0], [32, 0], [16, this.name.length], [16, 0]), this.name]
  }

  /** Version needed, flags, method, time, date. */
  private description(): readonly Field[] {
    return [[16, VERSION], [16, FLAG_DESCRIPTOR], [16, METHOD_DEFLATE], [16, 0], [16, DATE]]
  }

  private totals(): readonly Field[] {
    return [[32, this.crc], [32, this.deflatedBytes], [32, this.plainBytes]]
  }
}

type Field = readonly [bits: 16 | 32, value: number]

function fields(...all: readonly Field[]): Buffer {
  const bytes = Buffer.alloc(all.reduce((sum, [bits]) => sum + bits / 8, 0))
  let at = 0
  for (const [bits, value] of all) at = bits === 16 ? bytes.writeUInt16LE(value, at) : bytes.writeUInt32LE(value, at)
  return bytes
}

/**
 * Files as a zip archive, stored as they are; the same files give the same
 * bytes.
 *
 * @module
 */
import { crc32 } from "node:zlib";

/** A file of an archive. */
export interface ZipFile {
  /** Its path, with `/`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const LOCAL_SIGNATURE = 0x04034b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const END_SIGNATURE = 0x06054b50;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
/** What a reader must know: version 1.0, that is files and nothing else. */
const VERSION = 10;
const UTF8_NAMES = 0x800;
/** The first day of 1980, the earliest that there is. */
const DATE = 0x21;

/** What both headers of a file say, from the version to the name's length. */
function writeCommon(header: Buffer, at: number, { name, bytes }: ZipFile) {
  header.writeUInt16LE(VERSION, at);
  header.writeUInt16LE(UTF8_NAMES, at + 2);
  header.writeUInt16LE(DATE, at + 8);
  header.writeUInt32LE(crc32(bytes), at + 10);
  header.writeUInt32LE(bytes.length, at + 14);
  header.writeUInt32LE(bytes.length, at + 18);
  header.writeUInt16LE(Buffer.byteLength(name), at + 22);
}

/** Makes an archive of fewer than 65,536 files and 4 GiB. */
export function storedZip(files: readonly ZipFile[]): Buffer {
  const parts: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let offset = 0;
  for (const file of files) {
    const name = Buffer.from(file.name);
    const local = Buffer.alloc(LOCAL_BYTES);
    local.writeUInt32LE(LOCAL_SIGNATURE, 0);
    writeCommon(local, 4, file);
    parts.push(local, name, file.bytes);
    const entry = Buffer.alloc(CENTRAL_BYTES);
    entry.writeUInt32LE(CENTRAL_SIGNATURE, 0);
    entry.writeUInt16LE(VERSION, 4);
    writeCommon(entry, 6, file);
    entry.writeUInt32LE(offset, 42);
    central.push(entry, name);
    offset += LOCAL_BYTES + name.length + file.bytes.length;
  }
  const end = Buffer.alloc(END_BYTES);
  const centralBytes = central.reduce((sum, { length }) => sum + length, 0);
  end.writeUInt32LE(END_SIGNATURE, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(centralBytes, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...central, end]);
}

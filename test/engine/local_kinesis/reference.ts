/**
 * The stored record, written the plain way: what record_kernel.ts must give.
 */
import { encodeCbor } from "../../../engine/kinesis/cbor_writer.ts";

export interface PlainRecord {
  readonly sequenceNumber: string;
  readonly arrivalMs: number;
  readonly data: Buffer;
  readonly partitionKey: string;
}

/** An unsigned integer in eight bytes, whatever its value. */
function eightBytes(value: number): Buffer {
  const bytes = Buffer.alloc(9, 0x1b);
  bytes.writeBigUInt64BE(BigInt(value), 1);
  return bytes;
}

export function encodeRecord(record: PlainRecord): Buffer {
  return Buffer.concat([
    Buffer.from([0xbf]),
    encodeCbor("SequenceNumber"),
    encodeCbor(record.sequenceNumber),
    encodeCbor("ApproximateArrivalTimestamp"),
    eightBytes(record.arrivalMs),
    encodeCbor("Data"),
    encodeCbor(record.data),
    encodeCbor("PartitionKey"),
    encodeCbor(record.partitionKey),
    Buffer.from([0xff]),
  ]);
}

/** Aggregated records for tests, written by hand from the format's page. */
import { createHash } from "node:crypto";

export interface ModelUserRecord {
  readonly data: Buffer;
  /** Index into the table of partition keys. */
  readonly key: number;
  /** Index into the table of explicit hash keys. */
  readonly hashKey?: number;
}

export interface ModelAggregate {
  readonly partitionKeys: readonly string[];
  readonly explicitHashKeys: readonly string[];
  readonly records: readonly ModelUserRecord[];
}

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** A field of wire type 2. */
export function field(number: number, value: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(value.length), value]);
}

export function number(number: number, value: number): Buffer {
  return Buffer.concat([varint(number * 8), varint(value)]);
}

export function userRecord({ data, key, hashKey }: ModelUserRecord): Buffer {
  return Buffer.concat([
    number(1, key),
    hashKey === undefined ? Buffer.alloc(0) : number(2, hashKey),
    field(3, data),
  ]);
}

export function message(model: ModelAggregate): Buffer {
  return Buffer.concat([
    ...model.partitionKeys.map((key) => field(1, Buffer.from(key))),
    ...model.explicitHashKeys.map((key) => field(2, Buffer.from(key))),
    ...model.records.map((record) => field(3, userRecord(record))),
  ]);
}

/** Magic, message, checksum. */
export function sealed(protobuf: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from("f3899ac2", "hex"),
    protobuf,
    createHash("md5").update(protobuf).digest(),
  ]);
}

export function aggregated(model: ModelAggregate): Buffer {
  return sealed(message(model));
}

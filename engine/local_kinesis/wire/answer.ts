/**
 * From an operation's answer to bytes.
 *
 * @module
 */
import { type CborWritable, encodeCbor } from "../../kinesis/cbor_writer.ts";
import type { ServiceError } from "../service_error.ts";
import { recordJsonAt } from "../store/record_kernel.ts";
import type { RecordSlice } from "../store/record_log.ts";
import type { Wire } from "./shape.ts";

/** A plain value. Times are `Date`s. */
export type AnswerValue = CborWritable;

/** The answer of GetRecords, whose records stay where they are stored. */
export class RecordsAnswer {
  readonly slices: readonly RecordSlice[];
  /** The members beside the records. */
  readonly rest: Readonly<Record<string, AnswerValue | undefined>>;

  constructor(
    slices: readonly RecordSlice[],
    rest: Readonly<Record<string, AnswerValue | undefined>>,
  ) {
    this.slices = slices;
    this.rest = rest;
  }
}

/** What an operation answers; nothing is an empty body. */
export type Answer = AnswerValue | RecordsAnswer | undefined;

const INDEFINITE_MAP = 0xbf;
const INDEFINITE_ARRAY = 0x9f;
const BREAK = 0xff;

const RECORDS_HEAD = Buffer.concat([
  Buffer.from([INDEFINITE_MAP]),
  encodeCbor("Records"),
  Buffer.from([INDEFINITE_ARRAY]),
]);

function recordsToCbor({ slices, rest }: RecordsAnswer): Buffer[] {
  const parts: Buffer[] = [RECORDS_HEAD];
  for (const { chunk, index, pastIndex } of slices) {
    parts.push(
      chunk.bytes.subarray(chunk.offsetOf(index), chunk.offsetOf(pastIndex)),
    );
  }
  const tail: Buffer[] = [Buffer.from([BREAK])];
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined) tail.push(encodeCbor(name), encodeCbor(value));
  }
  tail.push(Buffer.from([BREAK]));
  parts.push(Buffer.concat(tail));
  return parts;
}

function toJson(value: AnswerValue): string {
  return JSON.stringify(value, function (this: unknown, key, member) {
    const given: unknown = (this as Record<string, unknown>)[key];
    if (given instanceof Date) return given.getTime() / 1_000;
    if (given instanceof Uint8Array) {
      return Buffer.from(given).toString("base64");
    }
    return member;
  });
}

function recordsToJson({ slices, rest }: RecordsAnswer): Buffer[] {
  const records: string[] = [];
  for (const { chunk, index, pastIndex } of slices) {
    for (let record = index; record < pastIndex; record++) {
      records.push(recordJsonAt(chunk.bytes, chunk.offsetOf(record)));
    }
  }
  const tail = toJson(rest).slice(1);
  const comma = tail === "}" ? "" : ",";
  return [Buffer.from(`{"Records":[${records.join(",")}]${comma}${tail}`)];
}

/** Encodes an answer as the parts of a body. */
export function encodeAnswer(answer: Answer, wire: Wire): readonly Buffer[] {
  if (answer === undefined) return [];
  if (answer instanceof RecordsAnswer) {
    return wire === "cbor" ? recordsToCbor(answer) : recordsToJson(answer);
  }
  return [wire === "cbor" ? encodeCbor(answer) : Buffer.from(toJson(answer))];
}

/** Encodes a refusal. The service writes `Message` for wrong types. */
export function encodeError(error: ServiceError, wire: Wire): Buffer {
  const { type, message } = error;
  const member = type === "SerializationException" ? "Message" : "message";
  const value = {
    __type: type,
    [member]: message === "" ? undefined : message,
  };
  return wire === "cbor" ? encodeCbor(value) : Buffer.from(toJson(value));
}

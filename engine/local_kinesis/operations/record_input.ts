/**
 * Records as PutRecord and PutRecords take them.
 *
 * @module
 */
import { PARTITION_KEY_LENGTH_MAX } from "../limits.ts";
import type { Service } from "../service.ts";
import { ServiceError } from "../service_error.ts";
import { hashOfDecimal, hashOfPartitionKey } from "../store/hash_range.ts";
import type { LocalShard, StoredRecord } from "../store/local_shard.ts";
import type { LocalStream } from "../store/local_stream.ts";
import {
  blob,
  type Member,
  optional,
  problem,
  required,
  text,
  throwProblems,
} from "../wire/shape.ts";

/** The members of a record. */
export const RECORD_MEMBERS: {
  readonly Data: Member<Uint8Array>;
  readonly PartitionKey: Member<string>;
  readonly ExplicitHashKey: Member<string | undefined>;
} = {
  Data: required(blob()),
  PartitionKey: required(text({ min: 1, max: PARTITION_KEY_LENGTH_MAX })),
  ExplicitHashKey: optional(text({ pattern: "0|([1-9]\\d{0,38})" })),
};

/** A record as it is put. */
export interface RecordInput {
  readonly data: Uint8Array;
  /** The partition key, UTF-8. */
  readonly key: Uint8Array;
  /** Decimal. */
  readonly explicitHashKey: string | undefined;
}

/** A whole PutRecords request. */
export interface PutRecordsInput {
  readonly StreamName: string | undefined;
  readonly StreamARN: string | undefined;
  readonly records: readonly RecordInput[];
}

/** A record from its members. */
export function recordInput(members: {
  readonly Data: Uint8Array;
  readonly PartitionKey: string;
  readonly ExplicitHashKey?: string | undefined;
}): RecordInput {
  return {
    data: members.Data,
    key: Buffer.from(members.PartitionKey),
    explicitHashKey: members.ExplicitHashKey,
  };
}

/** A record and where it belongs. */
export interface RoutedRecord {
  readonly shard: LocalShard;
  readonly record: RecordInput;
  /** Data and key. */
  readonly byteCount: number;
}

function hashOf({ key, explicitHashKey }: RecordInput): string {
  if (explicitHashKey === undefined) return hashOfPartitionKey(key);
  const hash = hashOfDecimal(explicitHashKey);
  if (hash !== undefined) return hash;
  throw new ServiceError(
    "InvalidArgumentException",
    `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${explicitHashKey}`,
  );
}

function throwTooLarge(
  { name, recordBytesMax }: LocalStream,
  { data, key }: RecordInput,
  path: string,
): never {
  if (data.length > recordBytesMax) {
    const member = path === "" ? "data" : `${path}.data`;
    const constraint = `have length less than or equal to ${recordBytesMax}`;
    throwProblems([problem(member, constraint)]);
  }
  throw new ServiceError(
    "InvalidArgumentException",
    `Record size of ${data.length + key.length} bytes, data and partition key, exceeds the limit of ${recordBytesMax} bytes of stream ${name}`,
  );
}

/**
 * Checks a record against its stream's limit and finds its shard.
 *
 * @throws {ServiceError} `ValidationException` or `InvalidArgumentException`.
 */
export function routeRecord(
  stream: LocalStream,
  record: RecordInput,
  path: string,
): RoutedRecord {
  const byteCount = record.data.length + record.key.length;
  if (byteCount > stream.recordBytesMax) {
    throwTooLarge(stream, record, path);
  }
  return { shard: stream.shardOf(hashOf(record)), record, byteCount };
}

/** Stores a record and counts it. */
export function storeRecord(
  service: Service,
  { shard, record, byteCount }: RoutedRecord,
): StoredRecord {
  const { data, key } = record;
  const stored = shard.put(data, key, service.clock.nowMs());
  service.counts.recordsPut++;
  service.counts.bytesPut += byteCount;
  return stored;
}

/** Whether the record's shard takes it now; what isn't taken is counted. */
export function isLetThrough(service: Service, record: RoutedRecord): boolean {
  if (!service.hasLimits) return true;
  const nowMs = service.clock.monotonicMs();
  if (record.shard.throughput.tryWrite(record.byteCount, nowMs)) return true;
  service.counts.throttledPuts++;
  return false;
}

/** A stream in memory behind the transport of the writing side. */
import { decodeCbor } from "../../../engine/kinesis/cbor_reader.ts";
import { encodeCbor } from "../../../engine/kinesis/cbor_writer.ts";
import {
  HASH_KEY_MAX,
  HashKeyIndex,
  hashKeyOf,
} from "../../../engine/kinesis/hash_key.ts";
import type {
  PutHttpAnswer,
  PutTransport,
} from "../../../engine/kinesis/put_transport.ts";
import { noAnswer } from "../../../engine/kinesis/request_error.ts";
import type { KinesisShard } from "../../../engine/kinesis/shard.ts";

/** A record as a request has it. */
export interface SentRecord {
  readonly data: Buffer;
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
}

/** What becomes of a record or a request; empty for success. */
export type Verdict = string;

export interface MemoryStreamOptions {
  readonly shardCount?: number;
  /** Error code for a record, or empty. */
  readonly judge?: (record: SentRecord & { shardId: string }) => Verdict;
  /** Called before each request; may throw, wait, or answer itself. */
  readonly before?: (
    headers: Readonly<Record<string, string>>,
    requestIndex: number,
  ) => Promise<PutHttpAnswer | undefined>;
  /** Whether it loses the answer of a request that it has carried out. */
  readonly losesAnswer?: (requestIndex: number) => boolean;
}

/** Shards that share the hash keys evenly. */
export function evenShards(count: number, firstNumber = 0): KinesisShard[] {
  const width = (HASH_KEY_MAX + 1n) / BigInt(count);
  return Array.from({ length: count }, (_, i) => ({
    shardId: `shardId-${String(firstNumber + i).padStart(12, "0")}`,
    parentShardIds: [],
    startingHashKey: String(width * BigInt(i)),
    endingHashKey: String(
      i === count - 1 ? HASH_KEY_MAX : width * BigInt(i + 1) - 1n,
    ),
    startingSequenceNumber: "0",
    closed: false,
  }));
}

export class MemoryStream implements PutTransport {
  readonly #options: MemoryStreamOptions;
  shards: KinesisShard[];
  /** Records by shard, in the order of their arrival. */
  readonly records = new Map<string, SentRecord[]>();
  readonly requestSizes: number[] = [];
  readonly contentTypes: string[] = [];
  readonly targets: string[] = [];
  /** Requests under way at once, at most. */
  concurrencyMax = 0;
  #concurrency = 0;
  isClosed = false;

  constructor(options: MemoryStreamOptions = {}) {
    this.#options = options;
    this.shards = evenShards(options.shardCount ?? 4);
  }

  /** All records, shard after shard. */
  get all(): SentRecord[] {
    return [...this.records.values()].flat();
  }

  async post(
    headers: Readonly<Record<string, string>>,
    body: Buffer,
    signal: AbortSignal,
  ): Promise<PutHttpAnswer> {
    if (signal.aborted) throw noAnswer("stopped");
    const { before, losesAnswer = () => false } = this.#options;
    const index = this.requestSizes.length;
    this.requestSizes.push(body.length);
    this.contentTypes.push(headers["content-type"] ?? "");
    this.targets.push(headers["x-amz-target"] ?? "");
    this.concurrencyMax = Math.max(this.concurrencyMax, ++this.#concurrency);
    try {
      const early = await before?.(headers, index);
      if (early !== undefined) return early;
      const isCbor = (headers["content-type"] ?? "").includes("cbor");
      const answer = this.#put(isCbor ? fromCbor(body) : fromJson(body));
      if (losesAnswer(index)) throw noAnswer("the connection was cut");
      return {
        status: 200,
        headers: { "content-type": headers["content-type"] },
        bytes: isCbor
          ? encodeCbor(answer)
          : Buffer.from(JSON.stringify(answer)),
      };
    } finally {
      this.#concurrency--;
    }
  }

  #put(records: readonly SentRecord[]) {
    const { judge = () => "" } = this.#options;
    const index = new HashKeyIndex(this.shards);
    const outcomes = records.map((record) => {
      const { explicitHashKey, partitionKey } = record;
      const hashKey =
        explicitHashKey === undefined
          ? hashKeyOf(partitionKey)
          : BigInt(explicitHashKey);
      const shardId = this.shards[index.indexOf(hashKey)]?.shardId ?? "none";
      const code = judge({ ...record, shardId });
      if (code !== "") return { ErrorCode: code, ErrorMessage: "not now" };
      const log = this.records.get(shardId) ?? [];
      log.push(record);
      this.records.set(shardId, log);
      return { SequenceNumber: String(log.length), ShardId: shardId };
    });
    const failed = outcomes.filter((one) => "ErrorCode" in one).length;
    return { FailedRecordCount: failed, Records: outcomes };
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

interface WireRecord {
  readonly Data: Uint8Array | string;
  readonly PartitionKey: string;
  readonly ExplicitHashKey?: string;
}

function sent(records: readonly WireRecord[]): SentRecord[] {
  return records.map(({ Data, PartitionKey, ExplicitHashKey }) => ({
    data:
      typeof Data === "string"
        ? Buffer.from(Data, "base64")
        : Buffer.from(Data),
    partitionKey: PartitionKey,
    explicitHashKey: ExplicitHashKey,
  }));
}

function fromCbor(body: Buffer): SentRecord[] {
  const { Records } = decodeCbor(body) as unknown as { Records: WireRecord[] };
  return sent(Records);
}

function fromJson(body: Buffer): SentRecord[] {
  return sent(
    (JSON.parse(body.toString()) as { Records: WireRecord[] }).Records,
  );
}

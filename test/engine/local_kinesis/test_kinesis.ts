/**
 * A local Kinesis for one test, with a clock turned by hand, and calls signed
 * by aws4, which shares nothing with the server's own verifier.
 */
import { request } from "undici";
import { signedHeaders } from "../../../engine/aws/signer.ts";
import { decodeCbor } from "../../../engine/kinesis/cbor_reader.ts";
import {
  type CborWritable,
  encodeCbor,
} from "../../../engine/kinesis/cbor_writer.ts";
import {
  type KeyPair,
  type LocalKinesis,
  type LocalKinesisOptions,
  startLocalKinesis,
} from "../../../engine/local_kinesis/mod.ts";
import type { Wire } from "../../../engine/local_kinesis/wire/shape.ts";
import { HandClock } from "./hand_clock.ts";

export const LOCAL_PAIR: KeyPair = {
  accessKeyId: "flagdrop-local",
  secretAccessKey: "flagdrop-local",
};

/** Any answer's members. */
// biome-ignore lint/suspicious/noExplicitAny: answers are checked by tests
export type Body = Record<string, any>;

export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Body;
}

export interface CallOptions {
  readonly wire?: Wire;
  readonly keyPair?: KeyPair;
  /** Added to the clock when signing. */
  readonly skewMs?: number;
  /** Sent instead of the encoded input. */
  readonly rawBody?: Buffer;
  /** Last hand on what is sent. */
  readonly tamper?: (sent: {
    headers: Record<string, string>;
    body: Buffer;
  }) => void;
}

interface Teardown {
  teardown(close: () => Promise<void>): void;
}

/** A value as JSON says it: data in base64, times in seconds. */
function plain(value: CborWritable | undefined): unknown {
  if (value instanceof Date) return value.getTime() / 1_000;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, plain(member)]),
  );
}

function encode(input: CborWritable, wire: Wire): Buffer {
  if (wire === "cbor") return encodeCbor(input);
  return Buffer.from(JSON.stringify(plain(input)));
}

function decode(bytes: Buffer, type: unknown): Body {
  if (bytes.length === 0) return {};
  if (type === "application/x-amz-cbor-1.1") return decodeCbor(bytes) as Body;
  if (type === "application/x-amz-json-1.1") return JSON.parse(String(bytes));
  return { text: String(bytes) };
}

export class TestKinesis {
  readonly clock: HandClock;
  readonly server: LocalKinesis;

  private constructor(server: LocalKinesis, clock: HandClock) {
    this.server = server;
    this.clock = clock;
  }

  static async start(
    t: Teardown,
    options: LocalKinesisOptions = {},
  ): Promise<TestKinesis> {
    const clock = new HandClock();
    const server = await startLocalKinesis({
      clock,
      credentials: "any",
      ...options,
    });
    t.teardown(() => server.close());
    return new TestKinesis(server, clock);
  }

  async call(
    operation: string,
    input: CborWritable,
    options: CallOptions = {},
  ): Promise<Reply> {
    const { wire = "json", keyPair = LOCAL_PAIR, skewMs = 0 } = options;
    const sent = {
      headers: {} as Record<string, string>,
      body: options.rawBody ?? encode(input, wire),
    };
    sent.headers = signedHeaders(
      {
        method: "POST",
        url: new URL(this.server.url),
        headers: {
          "content-type": `application/x-amz-${wire}-1.1`,
          "x-amz-target": `Kinesis_20131202.${operation}`,
        },
        body: sent.body,
      },
      {
        service: "kinesis",
        region: "eu-west-1",
        credentials: {
          ...keyPair,
          sessionToken: "",
          expiresAtMs: Number.POSITIVE_INFINITY,
        },
        clockSkewMs: skewMs,
        nowMs: this.clock.nowMs(),
      },
    );
    options.tamper?.(sent);
    return await this.post(sent.headers, sent.body);
  }

  /** Sends what it is given, without any signing. */
  async post(headers: Record<string, string>, body: Buffer): Promise<Reply> {
    const response = await request(this.server.url, {
      method: "POST",
      headers,
      body,
    });
    const bytes = Buffer.from(await response.body.arrayBuffer());
    return {
      status: response.statusCode,
      headers: response.headers,
      body: decode(bytes, response.headers["content-type"]),
    };
  }

  /** Calls, and expects success. */
  async ok(
    operation: string,
    input: CborWritable,
    options?: CallOptions,
  ): Promise<Body> {
    const reply = await this.call(operation, input, options);
    if (reply.status === 200) return reply.body;
    throw new Error(`${operation}: ${JSON.stringify(reply.body)}`);
  }

  /** Calls, and expects a refusal: its type and text. */
  async refusal(
    operation: string,
    input: CborWritable,
    options?: CallOptions,
  ): Promise<{ type: string; message: string; status: number }> {
    const { status, body, headers } = await this.call(
      operation,
      input,
      options,
    );
    if (headers["x-amzn-errortype"] !== body["__type"]) {
      throw new Error(`header and body differ: ${JSON.stringify(body)}`);
    }
    return {
      type: body["__type"],
      message: body["message"] ?? body["Message"] ?? "",
      status,
    };
  }

  /** An iterator at the start of a shard. */
  async iterator(
    stream: string,
    shardIndex = 0,
    more: Record<string, CborWritable> = {},
  ): Promise<string> {
    const answer = await this.ok("GetShardIterator", {
      StreamName: stream,
      ShardId: `shardId-${String(shardIndex).padStart(12, "0")}`,
      ShardIteratorType: "TRIM_HORIZON",
      ...more,
    });
    return answer["ShardIterator"];
  }

  /** Arrivals of all records, shard by shard, in seconds. */
  async arrivals(stream: string, shardCount: number): Promise<number[]> {
    const all: number[] = [];
    for (let shardIndex = 0; shardIndex < shardCount; shardIndex++) {
      const ShardIterator = await this.iterator(stream, shardIndex);
      const { Records } = await this.ok("GetRecords", { ShardIterator });
      for (const record of Records) {
        all.push(record.ApproximateArrivalTimestamp);
      }
    }
    return all;
  }

  /** The data of the records of a shard, as texts. */
  async read(stream: string, shardIndex = 0): Promise<string[]> {
    const iterator = await this.iterator(stream, shardIndex);
    const answer = await this.ok("GetRecords", { ShardIterator: iterator });
    return answer["Records"].map(({ Data }: Body) =>
      Buffer.from(Data, "base64").toString(),
    );
  }
}

/**
 * Calls to a stand-in, whichever it is, and its answers without what must
 * differ: numbers of records, times, tokens, and the wording of refusals.
 */
import { setTimeout as delay } from "node:timers/promises";
import { request } from "undici";
import { signedHeaders } from "../../engine/aws/signer.ts";
import { decodeCbor } from "../../engine/kinesis/cbor_reader.ts";
import {
  type CborWritable,
  encodeCbor,
} from "../../engine/kinesis/cbor_writer.ts";

export type Wire = "json" | "cbor";

// biome-ignore lint/suspicious/noExplicitAny: two stand-ins' answers
export type Body = any;

/** A call's outcome. */
export interface Outcome {
  readonly status: number;
  readonly body: Body;
}

/** What is compared of an outcome. */
export interface Finding {
  readonly step: string;
  readonly outcome: unknown;
}

const CREDENTIALS = {
  accessKeyId: "flagdrop-local",
  secretAccessKey: "flagdrop-local",
  sessionToken: "",
  expiresAtMs: Number.POSITIVE_INFINITY,
};

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

/** One stand-in. */
export class KinesisApi {
  readonly url: string;
  /** How requests are written from now on. */
  wire: Wire = "json";
  readonly findings: Finding[] = [];
  readonly #numbers = new Map<string, string>();

  constructor(url: string) {
    this.url = url;
  }

  async call(operation: string, input: CborWritable): Promise<Outcome> {
    const { wire } = this;
    const body =
      wire === "cbor"
        ? encodeCbor(input)
        : Buffer.from(JSON.stringify(plain(input)));
    const headers = signedHeaders(
      {
        method: "POST",
        url: new URL(this.url),
        headers: {
          "content-type": `application/x-amz-${wire}-1.1`,
          "x-amz-target": `Kinesis_20131202.${operation}`,
        },
        body,
      },
      {
        service: "kinesis",
        region: "us-east-1",
        credentials: CREDENTIALS,
        clockSkewMs: 0,
        nowMs: Date.now(),
      },
    );
    return await this.post(headers, body);
  }

  async post(headers: Record<string, string>, body: Buffer): Promise<Outcome> {
    const answer = await request(this.url, { method: "POST", headers, body });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    const isCbor = /cbor/.test(String(answer.headers["content-type"]));
    return {
      status: answer.statusCode,
      body:
        bytes.length === 0
          ? undefined
          : isCbor
            ? decodeCbor(bytes)
            : JSON.parse(String(bytes)),
    };
  }

  /** Calls, and notes the outcome for the comparison. */
  async step(
    step: string,
    operation: string,
    input: CborWritable,
  ): Promise<Body> {
    const outcome = await this.call(operation, input);
    this.note(step, outcome);
    return outcome.body;
  }

  note(step: string, { status, body }: Outcome): void {
    const outcome =
      status === 200
        ? this.#normal(body, "")
        : { status, refusal: body?.__type };
    this.findings.push({ step, outcome });
  }

  /** Waits until a stream is as it should be; bounded. */
  async until(isTrue: () => Promise<boolean>): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt++) {
      if (await isTrue()) return;
      await delay(25);
    }
    throw new Error("It never came true");
  }

  /** Creates a stream. The referee's may repeat the numbers of another. */
  async create(name: string, shardCount: number): Promise<void> {
    this.#numbers.clear();
    await this.call("CreateStream", {
      StreamName: name,
      ShardCount: shardCount,
    });
    await this.until(async () => {
      const { body } = await this.call("DescribeStreamSummary", {
        StreamName: name,
      });
      return body?.StreamDescriptionSummary?.StreamStatus === "ACTIVE";
    });
  }

  #normal(value: Body, key: string): unknown {
    // The referee ends each shard with the same number, and begins children
    // with a number that another has.
    if (key === "EndingSequenceNumber") return typeof value;
    if (key === "StartingSequenceNumber") return `${value.length} digits`;
    if (/SequenceNumber$/.test(key)) return this.#number(String(value));
    if (/Timestamp$/.test(key)) return typeof value;
    if (/Iterator$|Token$/.test(key)) return typeof value;
    if (key === "ConsumerARN") return String(value).replace(/\d+$/, "time");
    if (key === "MillisBehindLatest") return value === 0 ? 0 : "behind";
    // In CBOR the referee sends data as base64 text, which the service doesn't.
    if (value instanceof Uint8Array)
      return Buffer.from(value).toString("base64");
    // Of two parents, which comes first isn't said.
    if (key === "ParentShards") return value.toSorted();
    if (Array.isArray(value)) return value.map((one) => this.#normal(one, ""));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.keys(value)
        .filter((name) => value[name] !== null)
        // Optional: the referee says it everywhere, we where it is required.
        .filter((name) => name !== "EncryptionType")
        .sort()
        .map((name) => [name, this.#normal(value[name], name)]),
    );
  }

  /** The same number is the same wherever it stands. */
  #number(text: string): string {
    const name = this.#numbers.get(text) ?? `number ${this.#numbers.size}`;
    this.#numbers.set(text, name);
    return `${name}, ${text.length} digits`;
  }
}

/**
 * SubscribeToShard over HTTP/2: signed POSTs whose answers last for minutes.
 *
 * @module
 */
import {
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from "node:http2";
import { signedHeaders } from "../../engine/aws/signer.ts";
import { CALLED_OFF, type Clock } from "../../engine/clock.ts";
import { errorLine } from "../../engine/errors.ts";
import {
  CONTENT_TYPE,
  encodeRequest,
  type KinesisEncoding,
  type RequestFields,
} from "../../engine/kinesis/reading_request.ts";
import { noAnswer } from "../../engine/kinesis/request_error.ts";
import type { ShardStart } from "../../engine/kinesis/shard_lineage.ts";
import type { AnswerBuffers } from "./answer_buffers.ts";
import { refusalOf } from "./answer_reading.ts";
import { EncodingChoice } from "./encoding_choice.ts";
import { fatalError } from "./fatal_error.ts";
import type { Http2Request, Http2Sessions } from "./http2_sessions.ts";
import { Http2Subscription } from "./http2_subscription.ts";
import { CLOCK_SKEW_MS, REFUSAL_BYTES_MAX, REQUEST_MS_MAX } from "./limits.ts";
import { SigningRepair } from "./signing_repair.ts";
import type { RepairSigning, SigningState } from "./signing_state.ts";
import type { Subscription, SubscriptionTransport } from "./subscription.ts";
import type { ShardIteratorRequest } from "./transport.ts";

/** Options for {@linkcode SubscriptionClient}. */
export interface SubscriptionClientOptions {
  /** Absolute address of the service. */
  readonly endpoint: string;
  readonly region: string;
  readonly streamArn: string;
  readonly consumerArn: string;
  /** Stay the caller's, who destroys them. */
  readonly sessions: Http2Sessions;
  readonly buffers: AnswerBuffers;
  /** Read anew for each request. */
  readonly signing: SigningState;
  /** Called when a signature is refused; requests in flight share one call. */
  readonly repairSigning: RepairSigning;
  readonly clock: Clock;
  /** What to speak first. @default {"cbor"} */
  readonly encoding?: KinesisEncoding;
}

function startingPosition(start: ShardStart): RequestFields {
  switch (start.type) {
    case "trim_horizon":
      return { Type: "TRIM_HORIZON" };
    case "at_timestamp":
      return {
        Type: "AT_TIMESTAMP",
        Timestamp: { epochMs: Math.trunc(start.timestampMs) },
      };
    case "after":
      return {
        Type: "AFTER_SEQUENCE_NUMBER",
        SequenceNumber: start.sequenceNumber,
      };
  }
}

/** The head of a stream's answer; rejects if there will be none. */
function head(stream: ClientHttp2Stream): Promise<OpenedStream["answer"]> {
  return new Promise((resolve, reject) => {
    stream.once("response", resolve);
    stream.once("error", (error) => {
      reject(noAnswer(errorLine(error), error));
    });
    stream.once("close", () => reject(noAnswer("the stream was closed")));
  });
}

/** The start of a refusal's body. */
async function refusalBody(stream: ClientHttp2Stream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= REFUSAL_BYTES_MAX) break;
  }
  return Buffer.concat(chunks);
}

interface OpenedStream {
  readonly stream: ClientHttp2Stream;
  readonly answer: IncomingHttpHeaders & IncomingHttpStatusHeader;
}

function cancel(stream: ClientHttp2Stream): void {
  if (!stream.destroyed) stream.close(constants.NGHTTP2_CANCEL);
}

/** The subscriptions of all shards of one worker. */
export class SubscriptionClient implements SubscriptionTransport {
  readonly #options: SubscriptionClientOptions;
  readonly #url: URL;
  readonly #encoding: EncodingChoice;
  readonly #repair: SigningRepair;

  constructor(options: SubscriptionClientOptions) {
    this.#options = options;
    this.#url = new URL(options.endpoint);
    this.#encoding = new EncodingChoice(options.encoding);
    this.#repair = new SigningRepair(options);
  }

  async subscribe(
    request: ShardIteratorRequest,
    signal: AbortSignal,
  ): Promise<Subscription> {
    try {
      return await this.#encoding.use(async (encoding) => {
        const answer = await this.#repair.around(
          () => this.#send(request, encoding, signal),
          signal,
        );
        return { answer, spoken: encoding };
      });
    } catch (error) {
      throw fatalError(error, this.#options);
    }
  }

  async #send(
    { shardId, start }: ShardIteratorRequest,
    encoding: KinesisEncoding,
    signal: AbortSignal,
  ): Promise<Subscription> {
    const { consumerArn, sessions, buffers, clock, signing } = this.#options;
    const body = encodeRequest(
      {
        ConsumerARN: consumerArn,
        ShardId: shardId,
        StartingPosition: startingPosition(start),
      },
      encoding,
    );
    const nowMs = clock.nowMs();
    const headers = this.#signed(body, encoding, nowMs);
    const { clockSkewMs } = signing;
    const { stream, answer } = await this.#open({ headers, body }, signal);
    if (answer[":status"] === 200) {
      return new Http2Subscription(stream, {
        buffers,
        fatalError: (error) => fatalError(error, this.#options),
        onSuspect: () => sessions.retire(stream),
      });
    }
    const bytes = await refusalBody(stream);
    throw refusalOf(
      {
        status: answer[":status"] ?? 0,
        headers: answer,
        bytes,
        length: bytes.length,
      },
      { nowMs: nowMs + clockSkewMs, skewMsMax: CLOCK_SKEW_MS },
    );
  }

  /** Sends, and waits for the answer's head. */
  async #open(
    request: Http2Request,
    signal: AbortSignal,
  ): Promise<OpenedStream> {
    const { sessions, clock } = this.#options;
    const settled = new AbortController();
    let stream: ClientHttp2Stream | undefined;
    const opening = sessions.request(request).then(async (opened) => {
      stream = opened;
      if (settled.signal.aborted) cancel(opened);
      return { stream: opened, answer: await head(opened) };
    });
    const givenUp = new Promise<never>((_, reject) => {
      const stop = () => reject(noAnswer("stopped"));
      if (signal.aborted) stop();
      signal.addEventListener("abort", stop, { signal: settled.signal });
      void clock.sleep(REQUEST_MS_MAX, settled.signal).then(() => {
        if (settled.signal.aborted) return;
        if (stream !== undefined) sessions.retire(stream);
        reject(noAnswer(`no answer within ${REQUEST_MS_MAX} ms`));
      });
    });
    try {
      return await Promise.race([opening, givenUp]);
    } catch (error) {
      opening.catch(() => {});
      if (stream !== undefined) cancel(stream);
      throw error;
    } finally {
      settled.abort(CALLED_OFF);
    }
  }

  #signed(
    body: Buffer,
    encoding: KinesisEncoding,
    nowMs: number,
  ): Record<string, string> {
    const { region, signing } = this.#options;
    const { credentials, clockSkewMs } = signing;
    return signedHeaders(
      {
        method: "POST",
        url: this.#url,
        headers: {
          "content-type": CONTENT_TYPE[encoding],
          "x-amz-target": "Kinesis_20131202.SubscribeToShard",
          "user-agent": "flagdrop",
        },
        body,
      },
      { service: "kinesis", region, credentials, clockSkewMs, nowMs },
    );
  }
}

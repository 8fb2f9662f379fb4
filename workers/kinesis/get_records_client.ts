/**
 * GetShardIterator and GetRecords over HTTP: signed POSTs, CBOR first.
 *
 * @module
 */
import { PreparedSigner } from "../../engine/aws/prepared_signer.ts";
import type { Clock } from "../../engine/clock.ts";
import { walkGetRecordsCbor } from "../../engine/kinesis/get_records_cbor.ts";
import { walkGetRecordsJson } from "../../engine/kinesis/get_records_json.ts";
import {
  CONTENT_TYPE,
  encodeRequest,
  type KinesisEncoding,
  type RequestFields,
} from "../../engine/kinesis/reading_request.ts";
import type { ShardStart } from "../../engine/kinesis/shard_lineage.ts";
import { AnswerBuffers } from "./answer_buffers.ts";
import { encodingOf, refusalOf, shardIteratorOf } from "./answer_reading.ts";
import { EncodingChoice } from "./encoding_choice.ts";
import { fatalError } from "./fatal_error.ts";
import type { HttpAnswer, HttpPoster } from "./http_post.ts";
import { CLOCK_SKEW_MS, REQUEST_MS_MAX } from "./limits.ts";
import { SigningRepair } from "./signing_repair.ts";
import type { RepairSigning, SigningState } from "./signing_state.ts";
import type {
  KinesisTransport,
  RecordsAnswer,
  RecordsRequest,
  ShardIteratorRequest,
} from "./transport.ts";

/** Options for {@linkcode GetRecordsClient}. */
export interface GetRecordsClientOptions {
  /** Absolute address of the service. */
  readonly endpoint: string;
  readonly region: string;
  readonly streamArn: string;
  /** Stays the caller's, who closes it. */
  readonly poster: HttpPoster;
  /** Read anew for each request. */
  readonly signing: SigningState;
  /** Called when a signature is refused; requests in flight share one call. */
  readonly repairSigning: RepairSigning;
  readonly clock: Clock;
  /** Shared by all clients of a worker. @default {its own} */
  readonly buffers?: AnswerBuffers;
  /**
   * What to speak first. CBOR is given up for good when the service refuses
   * it but takes JSON, or answers in JSON.
   *
   * @default {"cbor"}
   */
  readonly encoding?: KinesisEncoding;
}

/** The fields that say where to start. */
function startFields(start: ShardStart): RequestFields {
  switch (start.type) {
    case "trim_horizon":
      return { ShardIteratorType: "TRIM_HORIZON" };
    case "at_timestamp":
      return {
        ShardIteratorType: "AT_TIMESTAMP",
        Timestamp: { epochMs: Math.trunc(start.timestampMs) },
      };
    case "after":
      return {
        ShardIteratorType: "AFTER_SEQUENCE_NUMBER",
        StartingSequenceNumber: start.sequenceNumber,
      };
  }
}

/** One operation to be called, in whichever encoding. */
interface Call {
  readonly operation: string;
  readonly fields: RequestFields;
  readonly signal: AbortSignal;
}

/** The HTTP transport of all shards of one worker. */
export class GetRecordsClient implements KinesisTransport {
  readonly #options: GetRecordsClientOptions;
  readonly #buffers: AnswerBuffers;
  readonly #url: URL;
  readonly #encoding: EncodingChoice;
  readonly #repair: SigningRepair;
  /** By encoding and operation: no text is put together to look one up. */
  readonly #signers = {
    cbor: new Map<string, PreparedSigner>(),
    json: new Map<string, PreparedSigner>(),
  };

  constructor(options: GetRecordsClientOptions) {
    this.#options = options;
    this.#buffers = options.buffers ?? new AnswerBuffers();
    this.#url = new URL(options.endpoint);
    this.#encoding = new EncodingChoice(options.encoding);
    this.#repair = new SigningRepair(options);
  }

  /** What it speaks at present. */
  get encoding(): KinesisEncoding {
    return this.#encoding.present;
  }

  async getShardIterator(
    request: ShardIteratorRequest,
    signal: AbortSignal,
  ): Promise<string> {
    const fields = {
      StreamARN: this.#options.streamArn,
      ShardId: request.shardId,
      ...startFields(request.start),
    };
    const answer = await this.#call({
      operation: "GetShardIterator",
      fields,
      signal,
    });
    try {
      return shardIteratorOf(answer);
    } finally {
      this.#buffers.give(answer.bytes);
    }
  }

  async getRecords(
    request: RecordsRequest,
    signal: AbortSignal,
  ): Promise<RecordsAnswer> {
    const fields = {
      StreamARN: this.#options.streamArn,
      ShardIterator: request.iterator,
      Limit: request.limit,
    };
    const { bytes, length, headers } = await this.#call({
      operation: "GetRecords",
      fields,
      signal,
    });
    const walk =
      encodingOf(headers) === "cbor" ? walkGetRecordsCbor : walkGetRecordsJson;
    return {
      byteLength: length,
      readInto: (columns) => walk(bytes, length, columns),
      release: () => this.#buffers.give(bytes),
    };
  }

  /** A successful answer; its bytes belong to the caller. */
  async #call(call: Call): Promise<HttpAnswer> {
    try {
      return await this.#encoding.use(async (encoding) => {
        const answer = await this.#repair.around(
          () => this.#post(call, encoding),
          call.signal,
        );
        return { answer, spoken: encodingOf(answer.headers) };
      });
    } catch (error) {
      throw fatalError(error, this.#options);
    }
  }

  #signer(operation: string, encoding: KinesisEncoding): PreparedSigner {
    let signer = this.#signers[encoding].get(operation);
    if (signer === undefined) {
      signer = new PreparedSigner({
        method: "POST",
        url: this.#url,
        service: "kinesis",
        region: this.#options.region,
        headers: {
          "content-type": CONTENT_TYPE[encoding],
          "x-amz-target": `Kinesis_20131202.${operation}`,
          "user-agent": "flagdrop",
        },
      });
      this.#signers[encoding].set(operation, signer);
    }
    return signer;
  }

  async #post(call: Call, encoding: KinesisEncoding): Promise<HttpAnswer> {
    const { operation, fields, signal } = call;
    const { signing, poster, clock } = this.#options;
    const body = encodeRequest(fields, encoding);
    const { credentials, clockSkewMs } = signing;
    const nowMs = clock.nowMs();
    const moment = { credentials, clockSkewMs, nowMs };
    const headers = this.#signer(operation, encoding).sign(body, moment);
    const answer = await poster.post(
      { url: this.#url, headers, body, deadlineMs: REQUEST_MS_MAX },
      { buffers: this.#buffers, clock, signal },
    );
    if (answer.status === 200) return answer;
    const refusal = refusalOf(answer, {
      nowMs: nowMs + clockSkewMs,
      skewMsMax: CLOCK_SKEW_MS,
    });
    this.#buffers.give(answer.bytes);
    throw refusal;
  }
}

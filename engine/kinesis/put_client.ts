/**
 * PutRecords over HTTP: signed POSTs, CBOR first.
 *
 * @module
 */
import type { AwsConnection } from "../aws/connection.ts";
import { PreparedSigner } from "../aws/prepared_signer.ts";
import type { Clock } from "../clock.ts";
import {
  type PutOutcome,
  putOutcomesFromCbor,
  putOutcomesFromJson,
} from "./put_answer.ts";
import type { PutBatch } from "./put_batch.ts";
import { encodePutRecords, putTools } from "./put_body_kernel.ts";
import { answerEncoding, putRefusal } from "./put_refusal.ts";
import type { PutHttpAnswer, PutTransport } from "./put_transport.ts";
import { CONTENT_TYPE, type KinesisEncoding } from "./reading_request.ts";
import {
  GarbledAnswerError,
  KinesisRequestError,
  mayRefuseEncoding,
} from "./request_error.ts";

/** Options for {@linkcode PutRecordsClient}. */
export interface PutRecordsClientOptions {
  readonly connection: AwsConnection;
  /** Name or ARN. */
  readonly stream: string;
  readonly transport: PutTransport;
  readonly clock: Clock;
}

/** One stream's PutRecords. */
export class PutRecordsClient {
  readonly #options: PutRecordsClientOptions;
  readonly #signers: Readonly<Record<KinesisEncoding, PreparedSigner>>;
  readonly #tools = putTools();
  #encoding: KinesisEncoding = "cbor";
  /** Whether the present encoding was understood once. */
  #isProven = false;
  #clockSkewMs = 0;
  #refresh: Promise<unknown> | undefined;

  constructor(options: PutRecordsClientOptions) {
    this.#options = options;
    const { endpoint, region } = options.connection;
    const signer = (encoding: KinesisEncoding) =>
      new PreparedSigner({
        method: "POST",
        url: new URL(endpoint),
        service: "kinesis",
        region,
        headers: {
          "content-type": CONTENT_TYPE[encoding],
          "x-amz-target": "Kinesis_20131202.PutRecords",
          "user-agent": "flagdrop",
        },
      });
    this.#signers = { cbor: signer("cbor"), json: signer("json") };
  }

  /** What it speaks at present. */
  get encoding(): KinesisEncoding {
    return this.#encoding;
  }

  /**
   * Puts a batch once.
   *
   * @returns One outcome for each of its records.
   * @throws {KinesisRequestError} If the request failed as a whole.
   * @throws {GarbledAnswerError} If the answer can't be read; the records may
   * have been taken.
   */
  async put(batch: PutBatch, signal: AbortSignal): Promise<PutOutcome[]> {
    const answer = await this.#inSomeEncoding(batch, signal);
    const outcomes =
      answerEncoding(answer) === "cbor"
        ? putOutcomesFromCbor(answer.bytes)
        : putOutcomesFromJson(answer.bytes);
    if (outcomes.length === batch.records.length) return outcomes;
    throw new GarbledAnswerError(
      `Cannot read the answer to PutRecords: it has ${outcomes.length} records for ${batch.records.length}`,
    );
  }

  async #inSomeEncoding(
    batch: PutBatch,
    signal: AbortSignal,
  ): Promise<PutHttpAnswer> {
    const encoding = this.#encoding;
    try {
      const answer = await this.#authenticated(batch, encoding, signal);
      this.#isProven = true;
      return answer;
    } catch (error) {
      if (!this.#mayRefuse(encoding, error)) throw error;
    }
    const answer = await this.#authenticated(batch, "json", signal);
    this.#encoding = "json";
    return answer;
  }

  /** Whether a refusal may be for the encoding: JSON is tried then. */
  #mayRefuse(encoding: KinesisEncoding, error: unknown): boolean {
    return encoding === "cbor" && !this.#isProven && mayRefuseEncoding(error);
  }

  /** Sends; when the signature is refused, once more after a repair. */
  async #authenticated(
    batch: PutBatch,
    encoding: KinesisEncoding,
    signal: AbortSignal,
  ): Promise<PutHttpAnswer> {
    const { stream } = this.#options;
    const tools = this.#tools;
    const body = encodePutRecords(batch, stream, encoding, tools);
    try {
      const answer = await this.#post(body, encoding, signal);
      tools.bodies.giveBack(body);
      return answer;
    } catch (error) {
      if (!(error instanceof KinesisRequestError)) throw error;
      if (error.kind === "clock" && !Number.isNaN(error.serverMs)) {
        this.#clockSkewMs = error.serverMs - this.#options.clock.nowMs();
      } else if (error.kind === "credentials") await this.#refreshed();
      else throw error;
    }
    return await this.#post(body, encoding, signal);
  }

  async #refreshed(): Promise<void> {
    this.#refresh ??= this.#options.connection.credentials
      .refresh()
      .finally(() => {
        this.#refresh = undefined;
      });
    await this.#refresh;
  }

  async #post(
    body: Buffer,
    encoding: KinesisEncoding,
    signal: AbortSignal,
  ): Promise<PutHttpAnswer> {
    const { connection, transport, clock } = this.#options;
    const credentials = await connection.credentials.current();
    const clockSkewMs = this.#clockSkewMs;
    const nowMs = clock.nowMs();
    const headers = this.#signers[encoding].sign(body, {
      credentials,
      clockSkewMs,
      nowMs,
    });
    const answer = await transport.post(headers, body, signal);
    if (answer.status === 200) return answer;
    throw putRefusal(answer, nowMs + clockSkewMs);
  }
}

/** A transport that answers as a test says, and keeps what it was asked. */
import { walkGetRecordsCbor } from "../../../engine/kinesis/get_records_cbor.ts";
import {
  type KinesisErrorKind,
  KinesisRequestError,
} from "../../../engine/kinesis/request_error.ts";
import type {
  KinesisTransport,
  RecordsAnswer,
  RecordsRequest,
  ShardIteratorRequest,
} from "../../../workers/kinesis/transport.ts";
import {
  type ModelAnswer,
  type ModelRecord,
  toCbor,
} from "../../engine/kinesis/wire_answer.ts";

export const ARRIVAL_MS = 1_451_606_400_000;

/** Records with the given sequence numbers. */
export function records(
  sequenceNumbers: readonly (number | string)[],
  data: Buffer = Buffer.from("{}"),
): ModelRecord[] {
  return sequenceNumbers.map((sequenceNumber, index) => ({
    data,
    sequenceNumber: String(sequenceNumber),
    partitionKey: "key",
    arrivalMs: ARRIVAL_MS + index,
  }));
}

/** An answer; by default empty, at the tip, and to be continued. */
export function answer(members: Partial<ModelAnswer> = {}): ModelAnswer {
  return {
    records: [],
    nextShardIterator: "next",
    millisBehindLatest: 0,
    childShards: [],
    ...members,
  };
}

/** A refusal as the HTTP client would reject with. */
export function refusal(
  kind: KinesisErrorKind,
  code = "SomeException",
): KinesisRequestError {
  return new KinesisRequestError(kind, { status: 400, code, message: "no" });
}

type Step<R, A> = (request: R) => A | Promise<A>;

export class ScriptedTransport implements KinesisTransport {
  readonly iteratorRequests: ShardIteratorRequest[] = [];
  readonly recordsRequests: RecordsRequest[] = [];
  /** Times of the GetRecords requests. */
  readonly times: number[] = [];
  /** Answers given out and not released yet. */
  held = 0;
  inFlight = 0;
  onIterator: Step<ShardIteratorRequest, string> = () => "first";
  onRecords: Step<RecordsRequest, ModelAnswer | Buffer> = () => answer();
  /** Answers for the next requests, before `onRecords` is asked. */
  readonly queue: (ModelAnswer | Buffer | Error)[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async getShardIterator(request: ShardIteratorRequest): Promise<string> {
    this.iteratorRequests.push(request);
    return await this.onIterator(request);
  }

  async getRecords(request: RecordsRequest): Promise<RecordsAnswer> {
    this.recordsRequests.push(request);
    this.times.push(this.#now());
    this.inFlight++;
    try {
      const queued = this.queue.shift();
      if (queued instanceof Error) throw queued;
      return this.#answer(queued ?? (await this.onRecords(request)));
    } finally {
      this.inFlight--;
    }
  }

  #answer(model: ModelAnswer | Buffer): RecordsAnswer {
    const bytes = Buffer.isBuffer(model) ? model : toCbor(model);
    this.held++;
    return {
      byteLength: bytes.length,
      readInto: (columns) => walkGetRecordsCbor(bytes, bytes.length, columns),
      release: () => {
        this.held--;
        bytes.fill(0);
      },
    };
  }
}

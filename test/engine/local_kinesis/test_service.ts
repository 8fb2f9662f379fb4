/** The operations without HTTP and signatures, for what needs a look inside. */
import { decodeCbor } from "../../../engine/kinesis/cbor_reader.ts";
import {
  type CborWritable,
  encodeCbor,
} from "../../../engine/kinesis/cbor_writer.ts";
import { OPERATIONS } from "../../../engine/local_kinesis/operations/mod.ts";
import { TokenBox } from "../../../engine/local_kinesis/sealed_token.ts";
import type { Service } from "../../../engine/local_kinesis/service.ts";
import {
  StreamStore,
  type StreamStoreOptions,
} from "../../../engine/local_kinesis/store/stream_store.ts";
import { encodeAnswer } from "../../../engine/local_kinesis/wire/answer.ts";
import { EventsAnswer } from "../../../engine/local_kinesis/wire/events_answer.ts";
import { HandClock } from "./hand_clock.ts";
import type { Body } from "./test_kinesis.ts";

export interface TestService {
  readonly clock: HandClock;
  readonly service: Service;
  /** How often records were dropped for the first time. */
  readonly trims: () => number;
  call(operation: string, input: CborWritable): Body;
}

export function testService(
  options: Partial<StreamStoreOptions> = {},
): TestService {
  const clock = new HandClock();
  let trims = 0;
  const store = new StreamStore({
    clock,
    region: "us-east-1",
    accountId: "000000000000",
    memoryBytes: 1024 ** 3,
    stateChangeMs: 0,
    recordBytesMax: 1024 ** 2,
    onTrim: () => {
      trims++;
    },
    ...options,
  });
  const service: Service = {
    store,
    tokens: new TokenBox(),
    clock,
    region: "us-east-1",
    accountId: "000000000000",
    iteratorLifeMs: 300_000,
    subscriptionLifeMs: 300_000,
    subscriptionHoldMs: 5_000,
    stateChangeMs: 0,
    subscriptions: new Set(),
    hasLimits: false,
    counts: {
      recordsPut: 0,
      bytesPut: 0,
      recordsRead: 0,
      bytesRead: 0,
      throttledPuts: 0,
      throttledReads: 0,
    },
  };
  return {
    clock,
    service,
    trims: () => trims,
    call(name, input) {
      const answer = OPERATIONS.get(name)?.call(
        service,
        encodeCbor(input),
        "cbor",
      );
      if (answer instanceof EventsAnswer) throw new Error("events");
      const bytes = Buffer.concat([...encodeAnswer(answer, "cbor")]);
      return bytes.length === 0 ? {} : (decodeCbor(bytes) as Body);
    },
  };
}

/**
 * Calls that a fault strikes before there is an answer, or in what it says.
 *
 * @module
 */
import { openIterator, sealIterator } from "../operations/shard_iterator.ts";
import type { Operation, Service } from "../service.ts";
import { ServiceError } from "../service_error.ts";
import { millisBehind } from "../subscription/shard_progress.ts";
import { type Answer, RecordsAnswer } from "../wire/answer.ts";
import type { EventsAnswer } from "../wire/events_answer.ts";
import { decodeBody } from "../wire/request_wire.ts";
import {
  readInput,
  required,
  structure,
  text,
  type Wire,
} from "../wire/shape.ts";
import type { Fault, FaultSwitch } from "./fault_switch.ts";

const ITERATOR_INPUT = structure({
  ShardIterator: required(text({ min: 1, max: 512 })),
});

/** Those whose throttling has a name of its own. */
const RECORD_OPERATIONS: ReadonlySet<string> = new Set([
  "GetRecords",
  "GetShardIterator",
  "PutRecord",
  "PutRecords",
  "SubscribeToShardEvent",
]);

/** The refusal that a fault is, if it is one. */
export function faultError(
  operation: string,
  { kind }: Fault,
): ServiceError | undefined {
  switch (kind) {
    case "throttle":
      return RECORD_OPERATIONS.has(operation)
        ? new ServiceError(
            "ProvisionedThroughputExceededException",
            `Rate exceeded for ${operation}: a fault was asked for.`,
          )
        : new ServiceError(
            "LimitExceededException",
            `Rate exceeded for ${operation}: a fault was asked for.`,
          );
    case "500":
      return new ServiceError("InternalFailure");
    case "expired":
      return new ServiceError(
        "ExpiredIteratorException",
        "Iterator expired: a fault was asked for.",
      );
    default:
      return undefined;
  }
}

/** Nothing, though there may be something: reading goes on at the same place. */
function emptyAnswer(service: Service, body: Buffer, wire: Wire): Answer {
  const input = readInput(ITERATOR_INPUT, decodeBody(body, wire), wire);
  const place = openIterator(service, input.ShardIterator);
  const { shard, ordinal } = place;
  const behindMs = millisBehind(shard, ordinal, service.clock.nowMs());
  return new RecordsAnswer([], {
    NextShardIterator: sealIterator(service, place),
    MillisBehindLatest: Math.max(1, behindMs),
  });
}

/** The same records, but further behind. */
function lagging(answer: RecordsAnswer, lagMs: number): RecordsAnswer {
  const { slices, rest } = answer;
  const behindMs = Number(rest["MillisBehindLatest"]);
  return new RecordsAnswer(slices, {
    ...rest,
    MillisBehindLatest: Math.max(behindMs, lagMs),
  });
}

/** What {@linkcode callWithFaults} is about. */
export interface FaultyCall {
  readonly name: string;
  readonly operation: Operation;
  readonly faults: FaultSwitch;
  readonly body: Buffer;
  readonly wire: Wire;
}

/** An answer, and the fault that its sending has. */
export interface FaultyAnswer {
  readonly answer: Answer | EventsAnswer;
  readonly fault: Fault | undefined;
}

/**
 * Calls an operation, or lets a fault strike.
 *
 * @throws {ServiceError} The operation's refusal, or the fault's.
 */
export function callWithFaults(
  service: Service,
  call: FaultyCall,
): FaultyAnswer {
  const { name, operation, faults, body, wire } = call;
  const fault = faults.draw(name);
  if (fault === undefined || fault.kind === "slow") {
    return { answer: operation.call(service, body, wire), fault };
  }
  const error = faultError(name, fault);
  if (error !== undefined) throw error;
  // Whoever hangs has done nothing.
  if (fault.kind === "hang") return { answer: undefined, fault };
  if (fault.kind === "empty") {
    return { answer: emptyAnswer(service, body, wire), fault: undefined };
  }
  const answer = operation.call(service, body, wire);
  return fault.kind === "lag" && answer instanceof RecordsAnswer
    ? { answer: lagging(answer, fault.delayMs), fault: undefined }
    : { answer, fault };
}

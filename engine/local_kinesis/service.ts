/**
 * What every operation works with.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import type { TokenBox } from "./sealed_token.ts";
import type { StreamStore } from "./store/stream_store.ts";
import type { Answer } from "./wire/answer.ts";
import type { EventsAnswer } from "./wire/events_answer.ts";
import { decodeBody } from "./wire/request_wire.ts";
import { readInput, type Shape, type Wire } from "./wire/shape.ts";

/** What happened since the start. */
export interface ServiceCounts {
  recordsPut: number;
  /** Data and keys. */
  bytesPut: number;
  recordsRead: number;
  /** Data and keys, with the heads of these. */
  bytesRead: number;
  /** Records refused since their shard takes no more in this second. */
  throttledPuts: number;
  /** Calls refused since their shard gives no more in this second. */
  throttledReads: number;
}

/** The state and settings of one local Kinesis. */
export interface Service {
  readonly store: StreamStore;
  readonly tokens: TokenBox;
  readonly clock: Clock;
  readonly region: string;
  readonly accountId: string;
  readonly iteratorLifeMs: number;
  /** How long a subscription to a shard lives. */
  readonly subscriptionLifeMs: number;
  /** How long after its start it can't be taken over. */
  readonly subscriptionHoldMs: number;
  /** How long creating and deleting things takes. */
  readonly stateChangeMs: number;
  /** Those under way. */
  readonly subscriptions: Set<{ end(): void }>;
  /** Whether the service's throughput limits hold. */
  readonly hasLimits: boolean;
  readonly counts: ServiceCounts;
}

/** One call of the API. */
export interface Operation {
  /**
   * @param service Changed by it.
   * @param body The request as it came.
   * @param wire How it was written.
   * @throws {ServiceError} The service's refusal.
   */
  call(service: Service, body: Buffer, wire: Wire): Answer | EventsAnswer;
}

/** Makes an operation from the shape of its input and what it does. */
export function operation<T>(
  input: Shape<T>,
  run: (service: Service, input: T) => Answer,
): Operation {
  return {
    call: (service, body, wire) =>
      run(service, readInput(input, decodeBody(body, wire), wire)),
  };
}

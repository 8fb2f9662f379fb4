/** Subscriptions that follow a script, and keep what they were asked. */

import { walkEvent } from "../../../engine/kinesis/subscription_event.ts";
import type {
  Subscription,
  SubscriptionTransport,
} from "../../../workers/kinesis/subscription.ts";
import type {
  RecordsAnswer,
  ShardIteratorRequest,
} from "../../../workers/kinesis/transport.ts";
import type { ShardStart } from "../../../workers/record_batch.ts";
import { type ModelAnswer, toJson } from "../../engine/kinesis/wire_answer.ts";
import { answer, records } from "./scripted_transport.ts";

/** What one subscription brings, one after the other; then it hangs. */
export type Step = ModelAnswer | Buffer | Error | "over";

/** An event with records, to be gone on from after the last of them. */
export function event(
  sequenceNumbers: readonly number[],
  members: Partial<ModelAnswer> = {},
): ModelAnswer {
  return answer({
    records: records(sequenceNumbers),
    continuationSequenceNumber: String(sequenceNumbers.at(-1) ?? 0),
    ...members,
  });
}

class ScriptedSubscription implements Subscription {
  readonly #steps: Step[];
  readonly #owner: ScriptedSubscriptions;
  #onClose: () => void = () => {};
  #isClosed = false;

  constructor(owner: ScriptedSubscriptions, steps: readonly Step[]) {
    this.#owner = owner;
    this.#steps = [...steps];
  }

  async next(signal: AbortSignal): Promise<RecordsAnswer | undefined> {
    this.#owner.pulls++;
    const step = this.#steps.shift();
    if (step instanceof Error) throw step;
    if (step === "over" || this.#isClosed) return undefined;
    if (step !== undefined) return this.#answer(step);
    await new Promise<void>((resolve) => {
      this.#onClose = resolve;
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    return undefined;
  }

  #answer(step: ModelAnswer | Buffer): RecordsAnswer {
    const bytes = Buffer.isBuffer(step) ? step : toJson(step);
    this.#owner.held++;
    return {
      byteLength: bytes.length,
      readInto: (columns) => walkEvent(bytes, columns),
      release: () => {
        this.#owner.held--;
        bytes.fill(0);
      },
    };
  }

  close(isSuspect: boolean): void {
    this.#isClosed = true;
    this.#owner.open--;
    if (isSuspect) this.#owner.suspects++;
    this.#onClose();
  }
}

/** The transport. */
export class ScriptedSubscriptions implements SubscriptionTransport {
  readonly starts: ShardStart[] = [];
  /** Times of the subscriptions. */
  readonly times: number[] = [];
  /** What the next ones bring; an error is a refusal. */
  readonly queue: (readonly Step[] | Error)[] = [];
  /** What further ones bring. */
  otherwise: () => readonly Step[] | Error = () => [];
  open = 0;
  held = 0;
  suspects = 0;
  pulls = 0;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async subscribe({ start }: ShardIteratorRequest): Promise<Subscription> {
    this.starts.push(start);
    this.times.push(this.#now());
    const steps = this.queue.shift() ?? this.otherwise();
    if (steps instanceof Error) throw steps;
    this.open++;
    return new ScriptedSubscription(this, steps);
  }
}

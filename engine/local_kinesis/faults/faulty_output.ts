/**
 * An event stream whose messages a fault may strike, one by one.
 *
 * @module
 */
import type { Clock } from "../../clock.ts";
import { type EventOutput, exceptionMessage } from "../wire/events_answer.ts";
import type { Wire } from "../wire/shape.ts";
import type { Fault, FaultSwitch } from "./fault_switch.ts";
import { faultError } from "./faulty_call.ts";

/** The name by which rules mean single events. */
const OPERATION = "SubscribeToShardEvent";

/** What strikes a message. */
export interface FaultyOutputOptions {
  readonly faults: FaultSwitch;
  readonly clock: Clock;
  /** How an exception is written. */
  readonly wire: Wire;
  /** Ends the connection at once. */
  readonly cut: () => void;
  readonly garble: (message: Buffer) => Buffer;
}

/** Passes messages on, but for those that a fault strikes. */
export class FaultyOutput implements EventOutput {
  readonly #output: EventOutput;
  readonly #options: FaultyOutputOptions;
  #hasFailed = false;

  constructor(output: EventOutput, options: FaultyOutputOptions) {
    this.#output = output;
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#hasFailed || this.#output.isClosed;
  }

  onClose(listener: () => void): void {
    this.#output.onClose(listener);
  }

  async write(message: Buffer): Promise<void> {
    const fault = this.#options.faults.draw(OPERATION);
    if (fault === undefined) await this.#output.write(message);
    else await this.#writeFaulty(message, fault);
  }

  async #writeFaulty(message: Buffer, fault: Fault): Promise<void> {
    const { clock, wire, cut, garble } = this.#options;
    const error = faultError(OPERATION, fault);
    if (error !== undefined) {
      // The last that comes, as the service ends a subscription.
      this.#hasFailed = true;
      return await this.#output.write(exceptionMessage(error, wire));
    }
    switch (fault.kind) {
      case "slow":
        await clock.sleep(fault.delayMs);
        return await this.#output.write(message);
      case "garbled":
        return await this.#output.write(garble(message));
      case "hang":
        return await this.#closed();
      default:
        await this.#output.write(message.subarray(0, message.length >> 1));
        return cut();
    }
  }

  /** Nothing more ever comes, until the client has had enough. */
  #closed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isClosed) return resolve();
      this.onClose(resolve);
    });
  }
}

/**
 * What a client does when its signature is refused.
 *
 * @module
 */
import { KinesisRequestError } from "../../engine/kinesis/request_error.ts";
import { orAborted } from "./or_aborted.ts";
import type {
  AuthFailure,
  RepairSigning,
  SigningState,
} from "./signing_state.ts";

/** Options for {@linkcode SigningRepair}. */
export interface SigningRepairOptions {
  readonly signing: SigningState;
  readonly repairSigning: RepairSigning;
}

/** Repeats refused requests of one client, which share one repair. */
export class SigningRepair {
  readonly #options: SigningRepairOptions;
  #repair: Promise<void> | undefined;

  constructor(options: SigningRepairOptions) {
    this.#options = options;
  }

  /** Sends; when the signature is refused, once more after a repair. */
  async around<T>(send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { signing } = this.#options;
    const { credentials, clockSkewMs } = signing;
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof KinesisRequestError)) throw error;
      const { kind } = error;
      if (kind !== "credentials" && kind !== "clock") throw error;
      // Another request's repair may have come while this one was under way.
      if (
        signing.credentials === credentials &&
        signing.clockSkewMs === clockSkewMs
      ) {
        const { serverMs, message } = error;
        await this.#repaired({ kind, serverMs, message }, signal);
      }
    }
    return await send();
  }

  async #repaired(failure: AuthFailure, signal: AbortSignal): Promise<void> {
    this.#repair ??= this.#options.repairSigning(failure).finally(() => {
      this.#repair = undefined;
    });
    await orAborted(this.#repair, signal);
  }
}

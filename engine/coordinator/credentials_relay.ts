/**
 * Keeps the workers' credentials and clock correction fresh.
 *
 * @module
 */
import type { AwsCredentials, CredentialsSource } from "../aws/credentials.ts";
import type { CallOff, Clock } from "../clock.ts";
import type { AuthRefusedMessage } from "../messages.ts";
import type { WorkerGroup } from "./worker_group.ts";

/** How often credentials are looked at; they are refreshed 5 minutes ahead. */
const CHECK_INTERVAL_MS = 60_000;

/** Differences of the clocks below this come from the network, not the clock. */
const SKEW_MS_MIN = 5_000;

/** Options for {@linkcode CredentialsRelay}. */
export interface CredentialsRelayOptions {
  readonly source: CredentialsSource;
  readonly workers: WorkerGroup;
  readonly clock: Clock;
  readonly fail: (error: unknown) => void;
}

/** Resolves credentials in the coordinator and sends them to the workers. */
export class CredentialsRelay {
  readonly #options: CredentialsRelayOptions;
  #sent: AwsCredentials | undefined;
  #clockSkewMs = 0;
  #endChecks: CallOff = () => {};
  #refreshing = false;

  constructor(options: CredentialsRelayOptions) {
    this.#options = options;
  }

  /** Sends the first credentials, and new ones from then on. */
  async start(): Promise<void> {
    this.#send(await this.#options.source.current());
    const { clock } = this.#options;
    this.#endChecks = clock.every(CHECK_INTERVAL_MS, () => this.#check());
  }

  /** Stops looking. */
  close(): void {
    this.#endChecks();
  }

  #check(): void {
    this.#options.source
      .current()
      .then((credentials) => {
        if (credentials !== this.#sent) this.#send(credentials);
      })
      .catch(this.#options.fail);
  }

  /** A worker was refused: fresh credentials and the service's own time. */
  refused({ serverMs }: AuthRefusedMessage): void {
    const skewMs = serverMs - this.#options.clock.nowMs();
    if (Number.isFinite(skewMs)) {
      this.#clockSkewMs = Math.abs(skewMs) < SKEW_MS_MIN ? 0 : skewMs;
    }
    if (this.#refreshing) return;
    this.#refreshing = true;
    this.#options.source
      .refresh()
      .then((credentials) => this.#send(credentials))
      .catch(this.#options.fail)
      .finally(() => {
        this.#refreshing = false;
      });
  }

  /** Gives a worker that has just come what the others have. */
  welcome(worker: number): void {
    if (this.#sent !== undefined) this.#post(worker, this.#sent);
  }

  #send(credentials: AwsCredentials): void {
    this.#sent = credentials;
    for (const worker of this.#options.workers.ready) {
      this.#post(worker, credentials);
    }
  }

  #post(worker: number, credentials: AwsCredentials): void {
    this.#options.workers.post(worker, {
      type: "credentials",
      credentials,
      clockSkewMs: this.#clockSkewMs,
    });
  }
}

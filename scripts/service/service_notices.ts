/**
 * What systemd is told of a unit with `Type=notify`: that it is ready, that it
 * lives, that it stops.
 *
 * Node can't send datagrams to a Unix socket, so each notice is a process:
 * systemd's own `systemd-notify`, which waits until systemd has taken it (so
 * that its sender is still known) and costs 6 ms of CPU. The unit needs
 * `NotifyAccess=all`, as the sender is a child.
 *
 * @module
 */
import { execFile } from "node:child_process";
import type { CallOff, Clock } from "../../engine/clock.ts";
import { WATCHDOG_SHARE } from "./limits.ts";

/** Sends assignments such as `READY=1`; resolves when systemd has them. */
export type Notify = (assignments: readonly string[]) => Promise<void>;

/** Options for {@linkcode ServiceNotices}. */
export interface ServiceNoticesOptions {
  /** `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` are looked at. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** One line of what the service does, for `systemctl status`. */
  readonly status: () => string;
  /** Told once, when notices don't get through. */
  readonly onTrouble: (error: unknown) => void;
  /** @default {spawns systemd-notify} */
  readonly notify?: Notify;
  /** @default {process.pid} */
  readonly pid?: number;
}

const spawnNotify: Notify = (assignments) =>
  new Promise((resolve, reject) => {
    execFile("systemd-notify", [...assignments], (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });

/** How often a unit's watchdog wants to hear of it, ms; 0 for never. */
function watchdogMs(env: ServiceNoticesOptions["env"], pid: number): number {
  const ms = Number(env["WATCHDOG_USEC"] ?? 0) / 1_000;
  const wanted = env["WATCHDOG_PID"];
  const isOurs = wanted === undefined || Number(wanted) === pid;
  return isOurs && Number.isFinite(ms) ? ms / WATCHDOG_SHARE : 0;
}

/** Talks to systemd; without `NOTIFY_SOCKET` it says nothing. */
export class ServiceNotices {
  readonly #options: ServiceNoticesOptions;
  readonly #isWanted: boolean;
  /** The notice under way: one at a time, in order. */
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #hadTrouble = false;
  #callOff: CallOff = () => {};

  constructor(options: ServiceNoticesOptions) {
    this.#options = options;
    this.#isWanted = Boolean(options.env["NOTIFY_SOCKET"]);
  }

  /** The engine reads; from now on the watchdog hears of it. */
  ready(): void {
    const { env, clock, pid = process.pid } = this.#options;
    if (!this.#isWanted) return;
    this.#send(["READY=1", this.#status()]);
    const everyMs = watchdogMs(env, pid);
    if (everyMs <= 0) return;
    this.#callOff = clock.every(everyMs, () => {
      // A process that is still under way will do.
      if (this.#waiting === 0) this.#send(["WATCHDOG=1", this.#status()]);
    });
  }

  /** It was asked to stop: what comes now takes bounded time. */
  stopping(): void {
    if (this.#isWanted) this.#send(["STOPPING=1", "STATUS=stopping"]);
  }

  /** No more notices; resolves when the last has gone. */
  async close(): Promise<void> {
    this.#callOff();
    await this.#last;
  }

  #status(): string {
    return `STATUS=${this.#options.status().replaceAll(/\s+/g, " ").trim()}`;
  }

  #send(assignments: readonly string[]): void {
    const { notify = spawnNotify, onTrouble } = this.#options;
    this.#waiting++;
    this.#last = this.#last
      .then(() => notify(assignments))
      .catch((error: unknown) => {
        if (!this.#hadTrouble) onTrouble(error);
        this.#hadTrouble = true;
      })
      .finally(() => {
        this.#waiting--;
      });
  }
}

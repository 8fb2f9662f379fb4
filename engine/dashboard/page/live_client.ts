/**
 * Keeps the page live: holds the state that the server sends the changes of,
 * and joins again by itself when the connection is lost.
 *
 * @module
 */
import type { EngineStatus } from "../../status/status.ts";
import type { CityChoice, CityState } from "../city_state.ts";
import { type Json, type Patch, patched } from "../state_patch.ts";
import { ApiError, getJson } from "./api.ts";

/** Whether what is shown is what is. */
export type Freshness = "joining" | "live" | "stale" | "signed-out";

/** Listeners of a {@linkcode LiveClient}. */
export interface LiveListeners {
  readonly onState: (status: EngineStatus | null, city: CityState) => void;
  readonly onFreshness: (freshness: Freshness) => void;
  /** What stands against reading results; null for nothing. */
  readonly onProblem: (problem: string | null) => void;
}

interface Message {
  readonly type: "picture" | "change";
  readonly status?: Json;
  readonly city?: Json;
  readonly problem: string | null;
}

/** A connection that has been silent for so long is lost, ms. */
const SILENCE_MS = 3_000;
/** Between two attempts to join, ms: at first, and at most. */
const RETRY_MS = { first: 500, most: 5_000 } as const;

/** The connection. */
export class LiveClient {
  readonly #listeners: LiveListeners;
  #choice: CityChoice | undefined;
  #source: EventSource | undefined;
  #status: Json = null;
  #city: Json = null;
  #retryMs: number = RETRY_MS.first;
  #retry = 0;
  #silence = 0;

  constructor(listeners: LiveListeners) {
    this.#listeners = listeners;
  }

  /** Watches something; what was watched before is left. */
  watch(choice: CityChoice): void {
    const { windows, precision, average } = this.#choice ?? {};
    const isSame =
      windows === choice.windows &&
      precision === choice.precision &&
      average === choice.average;
    if (isSame && this.#source !== undefined) return;
    this.#choice = choice;
    this.#join();
  }

  /** Joins again at once, such as after signing in. */
  rejoin(): void {
    this.#retryMs = RETRY_MS.first;
    this.#join();
  }

  #join(): void {
    this.#leave();
    if (this.#choice === undefined) return;
    const { windows, precision, average } = this.#choice;
    const more =
      average === undefined ? "" : `&average=${encodeURIComponent(average)}`;
    const source = new EventSource(
      `/api/live?windows=${windows}&precision=${precision}${more}`,
    );
    this.#source = source;
    source.onmessage = ({ data }: MessageEvent<string>) => {
      if (source === this.#source) this.#take(JSON.parse(data) as Message);
    };
    source.onerror = () => {
      if (source === this.#source) this.#lost();
    };
    this.#expect();
  }

  #leave(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    this.#source?.close();
    this.#source = undefined;
  }

  #expect(): void {
    clearTimeout(this.#silence);
    this.#silence = window.setTimeout(() => this.#lost(), SILENCE_MS);
  }

  #take(message: Message): void {
    this.#expect();
    this.#retryMs = RETRY_MS.first;
    if (message.type === "picture") {
      this.#status = message.status ?? null;
      this.#city = message.city ?? null;
    } else {
      this.#status = patched(this.#status, message.status as Patch | undefined);
      this.#city = patched(this.#city, message.city as Patch | undefined);
    }
    this.#listeners.onFreshness("live");
    this.#listeners.onProblem(message.problem);
    this.#listeners.onState(
      this.#status as unknown as EngineStatus | null,
      this.#city as unknown as CityState,
    );
  }

  #lost(): void {
    this.#leave();
    this.#listeners.onFreshness("stale");
    this.#retry = window.setTimeout(() => {
      this.#probe().catch(() => {});
    }, this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS.most);
  }

  /** An event source doesn't say why it failed; a request does. */
  async #probe(): Promise<void> {
    try {
      await getJson("/api/results");
      this.#join();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        this.#listeners.onFreshness("signed-out");
        return;
      }
      this.#lost();
    }
  }
}

/**
 * Feeds the pages that watch: twice a second, what has changed. The work is
 * done once for all pages that watch the same, and not at all without any.
 *
 * @module
 */
import type { CallOff, Clock } from "../clock.ts";
import { errorLine } from "../errors.ts";
import type { EngineStatus } from "../status/status.ts";
import type { CityReader } from "./city_reader.ts";
import { type CityChoice, type CityState, EMPTY_CITY } from "./city_state.ts";
import {
  FRAME_INTERVAL_MS,
  LINES_INTERVAL_MS,
  LINES_QUICK_MS,
  VIEWERS_MAX,
} from "./limits.ts";
import { type Json, patchText } from "./state_patch.ts";

/** What a page is sent, as JSON. */
export type LiveMessage =
  | {
      /** The first: the whole picture. */
      readonly type: "picture";
      readonly status: EngineStatus | null;
      readonly city: CityState;
      readonly problem: string | null;
    }
  | {
      /** Later ones: patches; without a change there is none. */
      readonly type: "change";
      readonly status?: Json;
      readonly city?: Json;
      readonly problem: string | null;
    };

/** A page that watches. */
export interface Viewer {
  readonly choice: CityChoice;
  /** Takes one message as text. */
  readonly send: (text: string) => void;
}

/** Options for {@linkcode LiveFeed}. */
export interface LiveFeedOptions {
  readonly clock: Clock;
  /** Undefined where no engine runs. */
  readonly status: (() => EngineStatus) | undefined;
  readonly city: CityReader;
}

/** Pages that watch the same. */
interface Channel {
  readonly choice: CityChoice;
  readonly viewers: Set<Viewer>;
  /** Viewers that have the state below. */
  readonly upToDate: WeakSet<Viewer>;
  stored: CityState;
  /** What the store had when `stored` was read. */
  storedVersion: string;
  /** The same of the lines in it, and when they were read. */
  linesVersion: string;
  linesAtMs: number;
  /** How long that took. */
  linesTookMs: number;
  state: CityState;
}

/** Changes with every write; a store without an engine never changes. */
function versionOf(status: EngineStatus | null): string {
  if (status === null) return "still";
  return status.sinks.map(({ documents }) => documents).join("|");
}

/** The feed. */
export class LiveFeed {
  readonly #options: LiveFeedOptions;
  readonly #channels = new Map<string, Channel>();
  #timer: CallOff | undefined;
  #status: EngineStatus | null = null;
  #isBusy = false;
  #isWanted = false;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
  }

  /** Pages that watch. */
  get viewerCount(): number {
    let count = 0;
    for (const { viewers } of this.#channels.values()) count += viewers.size;
    return count;
  }

  /** Whether no more pages can watch. */
  get isFull(): boolean {
    return this.viewerCount >= VIEWERS_MAX;
  }

  /**
   * Adds a page; it is sent the whole picture at once.
   *
   * @returns Takes it out again.
   */
  add(viewer: Viewer): () => void {
    const { windows, precision, average = "" } = viewer.choice;
    const key = `${windows}|${precision}|${average}`;
    const channel = this.#channels.get(key) ?? {
      choice: viewer.choice,
      viewers: new Set(),
      upToDate: new WeakSet(),
      stored: EMPTY_CITY,
      storedVersion: "",
      linesVersion: "",
      linesAtMs: Number.NEGATIVE_INFINITY,
      linesTookMs: 0,
      state: EMPTY_CITY,
    };
    this.#channels.set(key, channel);
    channel.viewers.add(viewer);
    this.#timer ??= this.#options.clock.every(FRAME_INTERVAL_MS, () =>
      this.#begin(),
    );
    this.#begin();
    return () => {
      channel.viewers.delete(viewer);
      if (channel.viewers.size === 0) this.#channels.delete(key);
      if (this.#channels.size === 0) this.close();
    };
  }

  /** Stops feeding. */
  close(): void {
    this.#timer?.();
    this.#timer = undefined;
    this.#channels.clear();
  }

  #begin(): void {
    this.#isWanted = true;
    if (this.#isBusy) return;
    this.#isBusy = true;
    void this.#frames().finally(() => {
      this.#isBusy = false;
    });
  }

  async #frames(): Promise<void> {
    while (this.#isWanted) {
      this.#isWanted = false;
      await this.#frame();
    }
  }

  /** One picture for everyone. */
  async #frame(): Promise<void> {
    const before = this.#status;
    const status = this.#options.status?.() ?? null;
    this.#status = status;
    const statusText = patchText(
      before as unknown as Json,
      status as unknown as Json,
    );
    for (const channel of [...this.#channels.values()]) {
      const city = channel.state;
      const problem = await this.#read(channel, status);
      this.#tell(channel, { city, statusText, status, problem });
    }
  }

  /** Brings a channel's state up to this moment; says what stands against it. */
  async #read(
    channel: Channel,
    status: EngineStatus | null,
  ): Promise<string | null> {
    const { city, clock } = this.#options;
    const version = versionOf(status);
    const nowMs = clock.monotonicMs();
    const isQuick = channel.linesTookMs < LINES_QUICK_MS;
    const areLinesDue =
      version !== channel.linesVersion &&
      (isQuick || nowMs - channel.linesAtMs >= LINES_INTERVAL_MS);
    let problem: string | null = null;
    if (areLinesDue || version !== channel.storedVersion) {
      try {
        channel.stored = await city.stored(
          channel.choice,
          areLinesDue ? undefined : channel.stored,
        );
        channel.storedVersion = version;
        if (areLinesDue) {
          channel.linesVersion = version;
          channel.linesAtMs = nowMs;
          channel.linesTookMs = clock.monotonicMs() - nowMs;
        }
      } catch (error) {
        problem = errorLine(error);
      }
    }
    channel.state = city.withOpen(channel.stored, channel.choice);
    return problem;
  }

  #tell(
    channel: Channel,
    frame: {
      readonly city: CityState;
      readonly status: EngineStatus | null;
      readonly statusText: string;
      readonly problem: string | null;
    },
  ): void {
    const { state, viewers, upToDate } = channel;
    const cityText = patchText(
      frame.city as unknown as Json,
      state as unknown as Json,
    );
    const change = [
      '"type":"change"',
      ...(frame.statusText === "" ? [] : [`"status":${frame.statusText}`]),
      ...(cityText === "" ? [] : [`"city":${cityText}`]),
      `"problem":${JSON.stringify(frame.problem)}`,
    ];
    const changeText = `{${change.join(",")}}`;
    let picture: string | undefined;
    for (const viewer of viewers) {
      if (upToDate.has(viewer)) {
        viewer.send(changeText);
        continue;
      }
      upToDate.add(viewer);
      const message: LiveMessage = {
        type: "picture",
        status: frame.status,
        city: state,
        problem: frame.problem,
      };
      picture ??= JSON.stringify(message);
      viewer.send(picture);
    }
  }
}

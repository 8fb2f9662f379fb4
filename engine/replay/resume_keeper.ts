/**
 * Keeps the place of a running replay.
 *
 * @module
 */
import type { LookAhead } from "./look_ahead.ts";
import type { InputStart, ReplayInput } from "./replay_input.ts";
import type { ReplayOptions } from "./replay_options.ts";
import type {
  ResumeIdentity,
  ResumeState,
  ResumeStore,
} from "./resume_file.ts";

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** What a replay with these options is told from others by. */
export function identityOf(
  options: Pick<ReplayOptions, "stream" | "adaptTime" | "seekMs">,
): ResumeIdentity {
  const { stream, adaptTime = "original", seekMs } = options;
  return { stream, adaptTime, seekMs: orNull(seekMs ?? Number.NaN) };
}

/**
 * Where reading begins after a state.
 *
 * @param state What the run before has kept; undefined for none.
 * @param seekMs Events before it are left out, epoch ms.
 */
export function startAfter(
  state: ResumeState | undefined,
  seekMs: number = Number.NEGATIVE_INFINITY,
): InputStart {
  if (state === undefined) return { timeMs: seekMs };
  const { round, shiftMs, position, skipEvents, leastMs, greatestMs } = state;
  return {
    timeMs: seekMs,
    ...(position === null ? {} : { position, skipEvents }),
    ...(leastMs === null || greatestMs === null
      ? {}
      : { round: { round, shiftMs }, span: { leastMs, greatestMs } }),
  };
}

/** What a keeper looks at. */
export interface ResumeKeeperOptions {
  readonly store: ResumeStore;
  readonly identity: ResumeIdentity;
  /** Of the source. */
  readonly sourceName: string;
  readonly input: ReplayInput;
  readonly lookAhead: LookAhead;
  /** What the run before has kept. */
  readonly before: ResumeState | undefined;
}

/** What only the replay knows. */
export interface ReplayMoment {
  /** Events that the stream has taken in this run. */
  readonly events: number;
  /** Epoch ms; -Infinity for none. */
  readonly greatestSentMs: number;
  /** Epoch ms; -Infinity for none. */
  readonly watermarkMs: number;
  readonly isDone: boolean;
}

/** The keeper. */
export class ResumeKeeper {
  readonly #options: ResumeKeeperOptions;
  #last: Promise<void> = Promise.resolve();

  constructor(options: ResumeKeeperOptions) {
    this.#options = options;
  }

  /**
   * Keeps how far it is at the moment of the call, after what was kept before.
   *
   * @throws {FlagdropError} When the store can't be written.
   */
  async keep(moment: ReplayMoment): Promise<void> {
    const state = this.#state(moment);
    const save = () => this.#options.store.save(state);
    const saved = this.#last.then(save, save);
    this.#last = saved;
    await saved;
  }

  #state(moment: ReplayMoment): ResumeState {
    const { identity, sourceName, input, lookAhead, before } = this.#options;
    const taken = lookAhead.taken;
    const { leastMs, greatestMs } = input.span;
    return {
      ...identity,
      source: sourceName,
      position: taken?.position ?? before?.position ?? null,
      skipEvents: taken?.skipEvents ?? before?.skipEvents ?? 0,
      round: taken?.round.round ?? before?.round ?? 0,
      shiftMs: taken?.round.shiftMs ?? before?.shiftMs ?? 0,
      leastMs: orNull(leastMs),
      greatestMs: orNull(greatestMs),
      greatestSentMs: orNull(moment.greatestSentMs),
      watermarkMs: orNull(moment.watermarkMs),
      events: (before?.events ?? 0) + moment.events,
      isDone: moment.isDone,
    };
  }
}

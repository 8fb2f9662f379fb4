/**
 * Where a replay has stopped, in a file: all events before it were taken by the
 * stream.
 *
 * @module
 */
import { open, readFile, rename, rm } from "node:fs/promises";
import { z } from "zod";
import { errorLine, FlagdropError } from "../errors.ts";
import type { AdaptTime } from "./adapt_time.ts";
import type { SourcePosition } from "./event_chunk.ts";

const FORMAT = "flagdrop replay 1";

/** What a replay must have in common with the one it goes on from. */
export interface ResumeIdentity {
  /** Name or ARN. */
  readonly stream: string;
  readonly adaptTime: AdaptTime;
  /** Events before it are left out, epoch ms; null for none. */
  readonly seekMs: number | null;
}

/** Where a replay has stopped; all of it survives JSON. */
export interface ResumeState extends ResumeIdentity {
  /** What was read, for people. */
  readonly source: string;
  /** Before the first chunk with an event that was not taken; null for none. */
  readonly position: SourcePosition | null;
  /** Events of that chunk that were taken without a gap. */
  readonly skipEvents: number;
  readonly round: number;
  readonly shiftMs: number;
  /** Event times that were read, as they are in the data; null for none. */
  readonly leastMs: number | null;
  readonly greatestMs: number | null;
  /** Greatest time of an event sent, epoch ms; null for none. */
  readonly greatestSentMs: number | null;
  /** The latest watermark, epoch ms; null for none. */
  readonly watermarkMs: number | null;
  /** Events that the stream has taken, over all runs. */
  readonly events: number;
  /** Whether nothing is left. */
  readonly isDone: boolean;
}

/** Keeps where a replay has stopped. */
export interface ResumeStore {
  /** For messages. */
  readonly name: string;
  /**
   * Tries whether something can be saved, and leaves all as it is.
   *
   * @throws {FlagdropError} When it can't.
   */
  check(): Promise<void>;
  /** What was saved last; undefined when nothing was. */
  load(): Promise<ResumeState | undefined>;
  /** Replaces what was saved, whole or not at all. */
  save(state: ResumeState): Promise<void>;
}

const numberOrNull = z.number().nullable();

/** A file's content; what else is in it does no harm. */
const stateSchema = z.looseObject({
  format: z.literal(FORMAT),
  stream: z.string(),
  source: z.string(),
  adaptTime: z.string(),
  seekMs: numberOrNull,
  position: z
    .looseObject({
      part: z.string(),
      version: z.string(),
      offset: z.int(),
      ordinal: z.int(),
    })
    .nullable(),
  skipEvents: z.number(),
  round: z.number(),
  shiftMs: z.number(),
  leastMs: numberOrNull,
  greatestMs: numberOrNull,
  greatestSentMs: numberOrNull,
  watermarkMs: numberOrNull,
  events: z.number(),
  isDone: z.boolean(),
});

function isState(value: unknown): value is ResumeState {
  return stateSchema.safeParse(value).success;
}

/** The file; written under another name, synced and renamed. */
export class ResumeFile implements ResumeStore {
  readonly name: string;

  /** @param path Need not be there yet. */
  constructor(path: string) {
    this.name = path;
  }

  async check(): Promise<void> {
    try {
      await (await open(this.#partial, "w")).close();
      await rm(this.#partial);
    } catch (error) {
      throw this.#error("write", errorLine(error), error);
    }
  }

  /** @throws {FlagdropError} `FD_STORE` when it is no such file. */
  async load(): Promise<ResumeState | undefined> {
    let text: string;
    try {
      text = await readFile(this.name, "utf8");
    } catch (error) {
      const { code } = error as { readonly code?: string };
      if (code === "ENOENT") return undefined;
      throw this.#error("read", errorLine(error), error);
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      value = undefined;
    }
    if (isState(value)) return value;
    throw this.#error(
      "use",
      "it is none that a replay has written: give another name, or remove it to begin anew",
    );
  }

  /** @throws {FlagdropError} `FD_STORE` when it can't be written. */
  async save(state: ResumeState): Promise<void> {
    const partial = this.#partial;
    try {
      const file = await open(partial, "w");
      try {
        await file.writeFile(
          `${JSON.stringify({ format: FORMAT, ...state }, undefined, 2)}\n`,
        );
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(partial, this.name);
    } catch (error) {
      await rm(partial, { force: true }).catch(() => {});
      throw this.#error("write", errorLine(error), error);
    }
  }

  get #partial(): string {
    return `${this.name}.${process.pid}.partial`;
  }

  #error(action: string, text: string, cause?: unknown): FlagdropError {
    return new FlagdropError(
      "FD_STORE",
      `Cannot ${action} "${this.name}" as --resume: ${text}`,
      { domain: "user", cause },
    );
  }
}

/**
 * Refuses to go on from another replay.
 *
 * @throws {FlagdropError} `FD_OPTION` that names the difference.
 */
export function checkResume(
  state: ResumeState,
  present: ResumeIdentity,
  name: string,
): void {
  const text = (value: unknown) => (value === null ? "none" : String(value));
  const names = {
    stream: "--stream",
    adaptTime: "--adapt-time",
    seekMs: "--seek",
  } as const;
  for (const [key, option] of Object.entries(names)) {
    const [then, now] = [state, present].map((one) =>
      text(one[key as keyof ResumeIdentity]),
    );
    if (then === now) continue;
    throw new FlagdropError(
      "FD_OPTION",
      `Cannot go on from "${name}" as its replay had another ${option} (${then}, now ${now}): give the same options, or another file to begin anew`,
      { domain: "user" },
    );
  }
}

/** Simulated sinks: what is behind them outlives the process. */
import { FlagdropError } from "../../engine/errors.ts";
import { documentOf } from "../../engine/sink/document.ts";
import type {
  DeadLetter,
  DeadLetterSink,
  FiredWindow,
  Sink,
} from "../../engine/sink/sink.ts";
import type { Life } from "./scheduler.ts";
import { isCorrecting } from "./sim_job.ts";
import type { World } from "./world.ts";

const SLOW_MS_MAX = 20_000;

function documentsOf(windows: readonly FiredWindow[]): [string, string][] {
  return windows.flatMap((window) =>
    Array.from({ length: window.rowCount }, (_, row): [string, string] => {
      const document = documentOf(window, row);
      return [document._id, JSON.stringify(document)];
    }),
  );
}

/** Whether a document is of more events than it was. */
function hasGrown(before: string, after: string): boolean {
  const was = JSON.parse(before) as { rides?: number; sum?: number };
  const is = JSON.parse(after) as { rides?: number; sum?: number };
  return (is.rides ?? 0) >= (was.rides ?? 0) && (is.sum ?? 0) >= (was.sum ?? 0);
}

/** An index of documents on another machine, and whoever writes to it. */
export class SimIndex {
  readonly documents = new Map<string, string>();
  /** Written while a shard had been idle: what the window holds is as time had it. */
  readonly #timed = new Set<string>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  #upsert(id: string, content: string, life: Life): void {
    const before = this.documents.get(id);
    const isRight = before === undefined || before === content;
    if (this.#world.isTimed(life)) this.#timed.add(id);
    // A run that goes on from a checkpoint makes its corrections once more, and
    // may wait for a shard that an earlier one had given up as idle.
    const mayChange = isCorrecting(this.#world.choice) || this.#timed.has(id);
    if (!isRight && !mayChange) {
      this.#world.violation(`document changed: ${before} to ${content}`);
    }
    this.documents.set(id, content);
  }

  /** @param life The process that writes. */
  sink(life: Life): Sink {
    const world = this.#world;
    const { rates } = world.faults;
    const pause = (ms: number) => world.scheduler.pause(life, ms);
    const inFlight = new Set<string>();
    /** What this process last wanted to be written of each document. */
    const given = new Map<string, string>();
    let documents = 0;
    let retries = 0;
    /** A request that is under way is carried out though its sender is gone. */
    const request = (batch: [string, string][]) => {
      for (const [id] of batch) {
        if (inFlight.has(id)) world.violation(`${id} is in two requests`);
      }
      for (const [id] of batch) inFlight.add(id);
      return new Promise<void>((resolve) => {
        world.scheduler.plan(world.life, world.latencyMs(), () => {
          for (const [id, content] of batch) this.#upsert(id, content, life);
          for (const [id] of batch) inFlight.delete(id);
          world.note(`index took ${batch.length}`);
          world.step("sink written", life);
          world.scheduler.plan(life, world.latencyMs(), resolve);
        });
      });
    };
    const write = async (batch: [string, string][]): Promise<void> => {
      for (const [id, content] of batch) {
        const before = given.get(id) ?? content;
        if (!hasGrown(before, content)) {
          world.violation(`corrected downwards: ${before} to ${content}`);
        }
        given.set(id, content);
      }
      const slowMs = world.goesWrong(rates.sinkSlow)
        ? world.latencyMs(SLOW_MS_MAX)
        : 0;
      // What is corrected must not be overtaken by a request of long ago.
      const isCorrected = isCorrecting(world.choice);
      if (slowMs > 0 && !isCorrected) await pause(slowMs);
      // The first half may be taken although the request as a whole is not.
      while (world.goesWrong(rates.sinkRetried)) {
        retries++;
        const half = batch.slice(0, world.random.whole(0, batch.length));
        if (half.length > 0) await request(half);
        await pause(world.latencyMs(1_000));
      }
      if (batch.length > 0) await request(batch);
      if (slowMs > 0 && isCorrected) await pause(slowMs);
      if (world.goesWrong(rates.sinkFailed)) {
        throw new FlagdropError("FD_SINK", "the index has failed");
      }
      documents += batch.length;
      world.step("sink acknowledged", life);
    };
    return {
      name: "index",
      lengthBytes: 0,
      open: async () => {},
      write: (windows) => write(documentsOf(windows)),
      sync: async () => {},
      stats: () => ({ documents, bytes: 0, retries }),
      close: async () => {},
    };
  }
}

/** A file of lines: what was not synced may be gone after a crash. */
export class SimFile {
  lines: string[] = [];
  synced = 0;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** A process is gone, perhaps with the machine. */
  crash(): void {
    const { random } = this.#world;
    this.lines.length = random.chance(0.5)
      ? this.lines.length
      : random.whole(this.synced, this.lines.length);
  }

  /** Cuts the file to what a checkpoint says, as a restored run does. */
  open(lengthLines: number): void {
    if (lengthLines > this.lines.length) {
      this.#world.violation(
        `a checkpoint counts on ${lengthLines} lines of ${this.lines.length}`,
      );
    }
    this.lines.length = Math.min(lengthLines, this.lines.length);
    this.synced = this.lines.length;
  }

  async append(life: Life, lines: readonly string[]): Promise<void> {
    this.lines.push(...lines);
    await this.#world.scheduler.pause(life, this.#world.latencyMs());
  }

  async sync(life: Life): Promise<void> {
    const length = this.lines.length;
    await this.#world.scheduler.pause(life, this.#world.latencyMs());
    this.synced = Math.max(this.synced, length);
  }
}

/** Who writes a file, and what a restored run keeps of it. */
interface FileUse {
  readonly life: Life;
  /** Lines that the checkpoint counts on. */
  readonly resumeAt: number;
}

/** Documents as lines of a file. */
export function fileSink(
  world: World,
  file: SimFile,
  { life, resumeAt }: FileUse,
): Sink {
  let documents = 0;
  let length = resumeAt;
  return {
    name: "file",
    get lengthBytes() {
      return length;
    },
    open: async () => file.open(resumeAt),
    async write(windows) {
      const lines = documentsOf(windows).map(([, content]) => content);
      await file.append(life, lines);
      length = file.lines.length;
      documents += lines.length;
      world.step("sink acknowledged", life);
    },
    sync: () => file.sync(life),
    stats: () => ({ documents, bytes: 0, retries: 0 }),
    close: async () => {},
  };
}

/** Dead letters as lines of a file, which is opened by that. */
export function deadLetterSink(
  world: World,
  file: SimFile,
  { life, resumeAt }: FileUse,
): DeadLetterSink {
  file.open(resumeAt);
  let length = resumeAt;
  return {
    get count() {
      return length - resumeAt;
    },
    get lengthBytes() {
      return length;
    },
    async write(letters: readonly DeadLetter[]) {
      await file.append(
        life,
        letters.map(({ sequenceNumber }) => sequenceNumber),
      );
      length = file.lines.length;
      world.step("dead letters written", life);
    },
    sync: () => file.sync(life),
    close: async () => {},
  };
}

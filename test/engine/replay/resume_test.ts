/**
 * Going on where a replay stopped. Goal: nothing is lost wherever it stops, and
 * what comes twice is what was taken since the place was kept last. Method: a
 * stream that breaks for good at some request, run after run, with the place
 * kept in memory; once the file itself.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import t from "tap";
import { FlagdropError } from "../../../engine/errors.ts";
import { Random } from "../../../engine/replay/random.ts";
import { startReplay } from "../../../engine/replay/replay.ts";
import {
  ResumeFile,
  type ResumeState,
  type ResumeStore,
} from "../../../engine/replay/resume_file.ts";
import { JumpingClock } from "../kinesis/jumping_clock.ts";
import { ArraySource } from "./array_source.ts";
import {
  chunked,
  eventsOf,
  JudgingStream,
  replayOptions,
  upTo,
} from "./judging_stream.ts";

class MemoryStore implements ResumeStore {
  readonly name = "memory";
  state: ResumeState | undefined;
  saves = 0;
  /** Whether the run was killed that would save. */
  isDead = false;
  /** Saves that began before another had ended. */
  overlaps = 0;
  #isSaving = false;
  /** Called after a save. */
  onSave: (state: ResumeState) => void = () => {};

  async check(): Promise<void> {}

  async load(): Promise<ResumeState | undefined> {
    return this.state;
  }

  async save(state: ResumeState): Promise<void> {
    if (this.isDead) throw new FlagdropError("FD_STORE", "killed");
    this.overlaps += this.#isSaving ? 1 : 0;
    this.#isSaving = true;
    await setImmediate();
    this.#isSaving = false;
    // As a file would have it.
    this.state = JSON.parse(JSON.stringify(state));
    this.saves++;
    this.onSave(state);
  }
}

t.test("a replay killed again and again loses nothing", async (t) => {
  for (const disorderMs of [0, 20_000]) {
    const random = new Random(29 + disorderMs);
    const events = eventsOf(2_500, disorderMs);
    const store = new MemoryStore();
    const clock = new JumpingClock();
    const stream = new JudgingStream(events, clock, {
      shardCount: 4,
      judge: () =>
        random.unit() < 0.1 ? "ProvisionedThroughputExceededException" : "",
      before: async (_, index) => {
        if (index >= killAt) {
          store.isDead = true;
          throw new FlagdropError("FD_NETWORK", "killed");
        }
        await clock.sleep(random.unit() * 30);
        return undefined;
      },
    });
    let killAt = 0;
    let runs = 0;
    let unkept = 0;
    let isDone = false;
    while (!isDone) {
      runs++;
      store.isDead = false;
      killAt = stream.requestSizes.length + 10 + Math.floor(random.unit() * 40);
      const replay = await startReplay({
        ...replayOptions(stream, new ArraySource(chunked(events, 250)), clock),
        speedup: 500,
        watermarkIntervalMs: 20,
        resume: store,
      });
      t.equal(replay.stats().events, 0);
      const end = await replay.finished.catch(() => undefined);
      isDone = end?.endedBy === "data" && store.state?.isDone === true;
      const { position, skipEvents = 0 } = store.state ?? {};
      const kept = (position?.ordinal ?? 0) + skipEvents;
      unkept += new Set(stream.numbers).size - kept;
      if (runs > 100) throw new Error("it never ends");
    }
    if (disorderMs === 0) t.equal(stream.lateCopies, 0, "copies are on time");
    t.equal(store.overlaps, 0, "one save after the other");
    t.ok(runs >= 3, `${runs} runs`);
    t.strictSame([...new Set(stream.numbers)], upTo(2_500), "nothing lost");
    const twice = stream.numbers.length - 2_500;
    t.ok(twice > 0, `${twice} came twice`);
    t.ok(twice <= unkept, `only of ${unkept} that were taken but not kept`);
    t.strictSame(
      stream.violations,
      [],
      "no watermark is wrong, none goes back",
    );
  }
});

t.test(
  "--limit again and again sends all once, and no watermark too late",
  async (t) => {
    // Several events have the same time.
    const events = eventsOf(1_000).map(
      ([n, timeMs]) => [n, Math.floor(timeMs / 5_000) * 5_000] as const,
    );
    const store = new MemoryStore();
    const clock = new JumpingClock();
    const stream = new JudgingStream(events, clock);
    const ends: string[] = [];
    for (let run = 0; run < 5; run++) {
      const replay = await startReplay({
        ...replayOptions(stream, new ArraySource(chunked(events, 70)), clock),
        limit: 333,
        resume: store,
      });
      const { endedBy, lateEvents } = await replay.finished;
      t.equal(lateEvents, 0);
      ends.push(endedBy);
    }
    t.strictSame(ends, ["limit", "limit", "limit", "data", "data"]);
    t.strictSame(stream.numbers, upTo(1_000));
    t.strictSame(stream.violations, []);
    const last = events.at(-1)?.[1];
    for (const watermarks of stream.watermarks.values()) {
      t.equal(watermarks.at(-1), last);
      t.equal(watermarks.filter((value) => value === last).length, 1);
    }
    t.equal(store.state?.events, 1_000);
    t.equal(store.state?.isDone, true);
  },
);

t.test("a place is kept before its watermark goes", async (t) => {
  const events = eventsOf(3_000);
  const store = new MemoryStore();
  const clock = new JumpingClock();
  const stream = new JudgingStream(events, clock);
  store.onSave = ({ watermarkMs }) => {
    const sent = [...stream.watermarks.values()].flat();
    if (sent.some((value) => value > (watermarkMs ?? 0))) {
      t.fail("a watermark was sent that the file doesn't know");
    }
  };
  const replay = await startReplay({
    ...replayOptions(stream, new ArraySource(chunked(events, 100)), clock),
    speedup: 1_000,
    watermarkIntervalMs: 100,
    resume: store,
  });
  await replay.finished;
  t.ok(store.saves > 20, `${store.saves} saves`);
});

t.test("without watermarks the place is kept as well", async (t) => {
  const events = eventsOf(3_000);
  const store = new MemoryStore();
  const clock = new JumpingClock();
  const stream = new JudgingStream(events, clock);
  const replay = await startReplay({
    ...replayOptions(stream, new ArraySource(chunked(events, 100)), clock),
    speedup: 1_000,
    watermarkIntervalMs: 100,
    watermarks: false,
    resume: store,
  });
  const { watermarkMs } = await replay.finished;
  t.ok(store.saves > 20, `${store.saves} saves`);
  t.equal(stream.watermarks.size, 0);
  t.ok(Number.isNaN(watermarkMs));
  t.strictSame(stream.numbers, upTo(3_000));
});

t.test("a place that can't be kept ends the replay", async (t) => {
  const events = eventsOf(3_000);
  const store = new MemoryStore();
  const clock = new JumpingClock();
  const stream = new JudgingStream(events, clock);
  const error = new Error("the disk is full");
  store.onSave = () => {
    if (store.saves === 3) throw error;
  };
  const replay = await startReplay({
    ...replayOptions(stream, new ArraySource([events]), clock),
    speedup: 1_000,
    watermarkIntervalMs: 100,
    resume: store,
  });
  await t.rejects(replay.finished, error);
  t.ok(stream.isClosed);
});

t.test("another replay's place is refused", async (t) => {
  const events = eventsOf(10);
  const store = new MemoryStore();
  const clock = new JumpingClock();
  const stream = new JudgingStream(events, clock);
  const given = {
    ...replayOptions(stream, new ArraySource([events]), clock),
    resume: store,
  };
  await (await startReplay(given)).finished;
  for (const [other, option] of [
    [{ stream: "other" }, "--stream"],
    [{ adaptTime: "ingestion" as const }, "--adapt-time"],
    [{ seekMs: 5 }, "--seek"],
  ] as const) {
    await t.rejects(startReplay({ ...given, ...other }), {
      code: "FD_OPTION",
      message: new RegExp(`^Cannot go on from "memory" as .*another ${option}`),
    });
  }
});

t.test(
  "ResumeFile replaces its file whole, and reads only its own",
  async (t) => {
    const directory = await mkdtemp(join(tmpdir(), "flagdrop-"));
    t.teardown(() => rm(directory, { recursive: true }));
    const path = join(directory, "place.json");
    const file = new ResumeFile(path);
    t.equal(await file.load(), undefined);
    const state: ResumeState = {
      stream: "taxi",
      adaptTime: "original",
      seekMs: null,
      source: "generator",
      position: { part: "generator", version: "1", offset: 7, ordinal: 7 },
      skipEvents: 3,
      round: 0,
      shiftMs: 0,
      leastMs: 1,
      greatestMs: 2,
      greatestSentMs: 2,
      watermarkMs: null,
      events: 10,
      isDone: false,
    };
    await file.save(state);
    t.match(await file.load(), state);
    await file.save({ ...state, events: 11 });
    t.equal((await file.load())?.events, 11);
    t.strictSame(await readdir(directory), ["place.json"]);
    const text = await readFile(path, "utf8");
    for (const bad of [
      "",
      "[]",
      text.slice(0, 99),
      text.replace(": 3", ': "3"'),
    ]) {
      await writeFile(path, bad);
      await t.rejects(file.load(), {
        code: "FD_STORE",
        message: /^Cannot use ".*place.json" as --resume: it is none/,
      });
    }
    await t.rejects(new ResumeFile(directory).load(), { code: "FD_STORE" });
    await file.check();
    t.strictSame(await readdir(directory), ["place.json"]);
    await t.rejects(new ResumeFile(join(directory, "a/b")).check(), {
      code: "FD_STORE",
      message: /^Cannot write .* as --resume: ENOENT/,
    });
    await t.rejects(new ResumeFile(join(directory, "a/b")).save(state), {
      code: "FD_STORE",
      message: /^Cannot write .* as --resume: ENOENT/,
    });
  },
);

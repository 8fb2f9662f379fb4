/**
 * Goal: whatever moment a run is killed at, going on from its last checkpoint
 * gives every document once, as an undisturbed run does. Method: take very many
 * checkpoints in a run, then begin anew from each of some of them.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { pino } from "pino";
import t from "tap";
import type { Checkpoint } from "../../../engine/checkpoint/checkpoint.ts";
import { startEngine } from "../../../engine/engine.ts";
import { FlagdropError } from "../../../engine/errors.ts";
import { parseFaultSpec } from "../../../engine/local_kinesis/faults/fault_spec.ts";
import { startLocalKinesis } from "../../../engine/local_kinesis/mod.ts";
import type { FiredWindow } from "../../../engine/sink/sink.ts";
import type { Source } from "../../../engine/source.ts";
import { accountedFor } from "../../../engine/status/status.ts";
import { MemoryStore } from "../../helpers/checkpoint.ts";
import { putRecords } from "../../helpers/kinesis.ts";
import { MemoryDeadLetters, MemorySink, SPEC } from "../../helpers/taxi.ts";

/** Each restore starts threads anew, which takes a second or two. */
const RESTORES = process.env["FLAGDROP_LONG"] ? 12 : 1;
/** Little, so that reading waits for the sink. */
const DOCUMENTS_PENDING_MAX = 10;
const START_MS = Date.UTC(2016, 0, 1);
const log = pino({ level: "silent" });

/** Trips of some hours with watermarks, padded to make several blocks. */
function lines(count: number, padding: number): string[] {
  const list: string[] = [];
  for (let i = 0; i < count; i++) {
    const dropoffMs = START_MS + i * 4_000;
    list.push(
      JSON.stringify({
        pickup_lat: 40.7 + (i % 11) * 0.01,
        pickup_lon: -73.99 + (i % 5) * 0.01,
        dropoff_lat: i % 3 === 0 ? 40.6467 : 40.75,
        dropoff_lon: i % 3 === 0 ? -73.7898 : -73.98,
        pickup_datetime: new Date(dropoffMs - i * 100).toISOString(),
        dropoff_datetime: new Date(dropoffMs).toISOString(),
        type: i % 301 === 0 ? null : "trip",
        padding: "x".repeat(padding),
      }),
    );
    if (i % 100 === 99) {
      const watermark = new Date(dropoffMs - 600_000).toISOString();
      list.push(JSON.stringify({ type: "watermark", watermark }));
    }
  }
  return list;
}

/** Writes of a run that wait for a checkpoint; its end needs none. */
const PACED_WRITES = 8;

/**
 * A sink that begins with what it had at a checkpoint, as a file does. The first
 * writes of an undisturbed run may wait for the next checkpoint, so that there
 * are some in its middle however fast the machine is.
 */
class RestoredSink extends MemorySink {
  readonly #store: MemoryStore;
  #paced: number;

  constructor(
    store: MemoryStore,
    windows: readonly FiredWindow[],
    paced: number,
  ) {
    super();
    this.#store = store;
    this.#paced = paced;
    this.windows.push(...windows);
  }

  override async write(windows: readonly FiredWindow[]): Promise<void> {
    if (this.#paced-- > 0) await this.#store.saved();
    await super.write(windows);
  }

  // As a file's length: what is acknowledged.
  override get lengthBytes(): number {
    return this.windows.length;
  }
}

async function run(
  source: Source,
  restored: Checkpoint | undefined,
  before: readonly FiredWindow[] = [],
) {
  const length = restored?.merger.sinks[0]?.lengthBytes ?? 0;
  const store = new MemoryStore();
  // A stream's windows fire with its last answer: see the faults there.
  const isPaced = source.type === "files" && restored === undefined;
  const sink = new RestoredSink(
    store,
    before.slice(0, length),
    isPaced ? PACED_WRITES : 0,
  );
  const engine = await startEngine({
    spec: SPEC,
    source,
    // Each thread loads the sources anew, which is most of the time here.
    workers: source.type === "files" ? 2 : 1,
    sinks: [sink],
    documentsPendingMax: DOCUMENTS_PENDING_MAX,
    openDeadLetters: async () => new MemoryDeadLetters(),
    log,
    checkpoints: { store, restored, intervalMs: 25 },
  });
  const { counts, documentsFired } = await engine.finished;
  t.equal(accountedFor(counts), counts.read);
  return { windows: sink.windows, counts, documentsFired, store };
}

/** Restores from some of a run's checkpoints and compares. */
async function restoreAll(source: Source): Promise<void> {
  const whole = await run(source, undefined);
  const count = whole.store.all.length;
  t.ok(count > 3, `${count} checkpoints were taken`);
  t.ok(whole.windows.length > 20);
  // Checkpoints in the middle; what lies before or behind is the easy part.
  const middle = whole.store.all.flatMap((_, i) => {
    const read = whole.store.at(i)?.merger.counts.read ?? 0;
    return read > 0 && read < whole.counts.read ? [i] : [];
  });
  t.ok(middle.length >= RESTORES, `${middle.length} of them in the middle`);
  for (let k = 0; k < RESTORES; k++) {
    const i = middle[Math.floor(((k + 0.5) * middle.length) / RESTORES)]!;
    const again = await run(source, whole.store.at(i), whole.windows);
    t.strictSame(again.windows, whole.windows, `from checkpoint ${i}`);
    t.strictSame(again.counts, whole.counts);
    t.equal(again.documentsFired, whole.documentsFired);
  }
  const last = whole.store.at(count - 1);
  t.equal(last?.finished, true);
  const nothing = await run(source, last, whole.windows);
  t.strictSame(nothing.windows, whole.windows, "a finished run does nothing");
}

t.test("startEngine() goes on from any checkpoint of a file run", async (t) => {
  const folder = t.testdir();
  const list = lines(8_000, 2_000);
  const first = join(folder, "1.jsonl");
  writeFileSync(first, list.slice(0, 5_000).join("\n"));
  const second = join(folder, "2.jsonl.gz");
  writeFileSync(second, gzipSync(list.slice(5_000).join("\n")));
  await restoreAll({ type: "files", paths: [first, second] });
});

t.test(
  "startEngine() goes on from any checkpoint of a stream run",
  async (t) => {
    const kinesis = await startLocalKinesis({
      streams: [{ name: "taxi", shardCount: 8 }],
      limits: false,
      credentials: "any",
      // One answer holds all of a shard, so that they come one after the other.
      faults: parseFaultSpec({
        rules: [
          {
            fault: "empty",
            operations: ["GetRecords"],
            probability: 0.7,
            countMax: 40,
          },
        ],
      }),
    });
    t.teardown(() => kinesis.close());
    const connection = await putRecords(kinesis.url, "taxi", lines(6_000, 900));
    await restoreAll({
      type: "kinesis",
      connection,
      stream: "taxi",
      from: { type: "earliest" },
      untilEnd: true,
      readsPerSecond: 100,
      kplOutOfRange: "skip",
    });
  },
);

t.test(
  "startEngine() opens nothing when the store is another run's by now",
  async (t) => {
    const opened: string[] = [];
    class WatchedSink extends MemorySink {
      override async open(): Promise<void> {
        opened.push("sink");
      }
    }
    const path = join(t.testdir(), "trips.jsonl");
    writeFileSync(path, lines(1, 0).join("\n"));
    const store = Object.assign(new MemoryStore(), {
      async guard(): Promise<void> {
        throw new FlagdropError("FD_LEASE", "stood still for 20 s");
      },
    });
    const starting = startEngine({
      spec: SPEC,
      source: { type: "files", paths: [path] },
      workers: 1,
      sinks: [new WatchedSink()],
      openDeadLetters: async () => {
        opened.push("dead letters");
        return new MemoryDeadLetters();
      },
      log,
      checkpoints: { store, restored: undefined, intervalMs: 25 },
    });
    await t.rejects(starting, { code: "FD_LEASE" });
    t.same(opened, []);
  },
);

t.test(
  "startEngine() refuses a checkpoint of another source or job",
  async (t) => {
    const folder = t.testdir({ "a.jsonl": "{}\n", "b.jsonl": "{} \n" });
    const source = (name: string): Source => ({
      type: "files",
      paths: [join(folder, name)],
    });
    const { store } = await run(source("a.jsonl"), undefined);
    const restored = store.at(store.all.length - 1);
    await t.rejects(run(source("b.jsonl"), restored), {
      code: "FD_STORE",
      message: /another source/,
    });
    await t.rejects(
      run(source("a.jsonl"), { ...restored!, jobHash: "other" }),
      { code: "FD_STORE", message: /another job/ },
    );
  },
);

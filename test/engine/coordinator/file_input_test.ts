/**
 * Goal: the documents of a file don't depend on the number of workers nor on
 * the order in which they finish. Method: real tally code on the main thread
 * behind workers that answer in a seeded random order.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t from "tap";
import { systemClock } from "../../../engine/clock.ts";
import { readBlocks } from "../../../engine/coordinator/block_reader.ts";
import { FileInput } from "../../../engine/coordinator/file_input.ts";
import { Merger } from "../../../engine/coordinator/merger.ts";
import type { WorkerGroup } from "../../../engine/coordinator/worker_group.ts";
import { BLOCK_BYTES } from "../../../engine/limits.ts";
import type { BlockMessage, WorkerStart } from "../../../engine/messages.ts";
import { BlockTallier } from "../../../workers/file/block_tallier.ts";
import {
  MemoryDeadLetters,
  MemorySink,
  PLAN,
  WINDOW_MS,
} from "../../helpers/taxi.ts";

const START_MS = Date.UTC(2016, 0, 1);

/** A small seeded generator (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}

/** Lines for several blocks, with watermarks and late trips among them. */
function lines(random: () => number): string[] {
  const list: string[] = [];
  const padding = "x".repeat(2_000);
  for (let i = 0; i < 6_000; i++) {
    const nowMs = START_MS + i * 1_000;
    if (i % 500 === 499) {
      const watermark = new Date(nowMs - 1).toISOString();
      list.push(JSON.stringify({ type: "watermark", watermark }));
    }
    // Every tenth trip is behind by up to two windows: some are late.
    const behindMs = random() < 0.1 ? random() * 2 * WINDOW_MS : 0;
    const dropoff = new Date(nowMs - behindMs).toISOString();
    list.push(
      JSON.stringify({
        pickup_lat: 40.75 + random() * 0.02,
        pickup_lon: -73.99,
        dropoff_lat: 40.645,
        dropoff_lon: -73.79,
        pickup_datetime: new Date(nowMs - behindMs - 900_000).toISOString(),
        dropoff_datetime: dropoff,
        type: i % 701 === 0 ? 5 : "trip",
        padding,
      }),
    );
  }
  return list;
}

/**
 * Workers on the main thread that answer in any order, once at least two
 * blocks are with them or no more will come: so that blocks are in flight
 * together, as with threads. Some die instead of answering, if `lossRate` says
 * so, and come back a turn later.
 */
function fakeWorkers(
  count: number,
  random: () => number,
  { blockCount, lossRate }: { blockCount: number; lossRate: number },
) {
  let waiting: { worker: number; answer: () => void }[] = [];
  let input: FileInput | undefined;
  let lost = 0;
  const start = { plan: PLAN, epoch: 1, watermarkAheadMaxMs: 3e12 };
  const talliers = Array.from(
    { length: count },
    () => new BlockTallier(start as WorkerStart),
  );
  let answering = false;
  let retallied = 0;
  const seen = new Set<number>();
  const answerOne = () => {
    const at = Math.floor(random() * waiting.length);
    const next = waiting[at];
    if (next !== undefined && random() < lossRate) lose(next.worker);
    else {
      waiting.splice(at, 1);
      next?.answer();
    }
    if (waiting.length > 0) setImmediate(answerOne);
    else answering = false;
  };
  const lose = (worker: number) => {
    lost++;
    waiting = waiting.filter((one) => one.worker !== worker);
    ready.splice(ready.indexOf(worker), 1);
    // What it had half done is gone with it.
    talliers[worker] = new BlockTallier(start as WorkerStart);
    input?.onWorkerLost(worker);
    setImmediate(() => {
      ready.push(worker);
      input?.onWorkerReady(worker);
    });
  };
  const answerSoon = () => {
    if (answering) return;
    if (lost === 0 && waiting.length < 2 && seen.size < blockCount) return;
    answering = true;
    setImmediate(answerOne);
  };
  const ready = Array.from({ length: count }, (_, worker) => worker);
  const workers: WorkerGroup = {
    ready,
    leaving: [],
    post(worker, message) {
      const block = message as BlockMessage;
      if (seen.has(block.blockNumber)) retallied++;
      seen.add(block.blockNumber);
      const answer = () =>
        input?.handle(worker, talliers[worker]!.tally(block, 0));
      waiting.push({ worker, answer });
      answerSoon();
    },
    stopAll() {},
    left() {},
    replace() {},
  };
  return {
    workers,
    connect: (connected: FileInput) => {
      input = connected;
    },
    retallied: () => retallied,
    lost: () => lost,
  };
}

async function blockCountOf(paths: string[]): Promise<number> {
  let count = 0;
  for await (const _ of readBlocks({ paths })) count++;
  return count;
}

interface RunOptions {
  readonly workers: number;
  readonly seed: number;
  readonly lossRate?: number;
}

async function runFiles(
  paths: string[],
  { workers: workerCount, seed, lossRate = 0 }: RunOptions,
) {
  const sink = new MemorySink();
  const letters = new MemoryDeadLetters();
  const fake = fakeWorkers(workerCount, seeded(seed), {
    blockCount: await blockCountOf(paths),
    lossRate,
  });
  let input: FileInput | undefined;
  const merger = new Merger({
    plan: PLAN,
    clock: systemClock,
    sinks: [sink],
    deadLetters: letters,
    onRoom: () => input?.onRoom(),
    onError: (error) => {
      throw error;
    },
    onFireDelay: () => {},
  });
  input = new FileInput({
    paths,
    workers: fake.workers,
    merger,
    clock: systemClock,
    startedAtMs: Date.UTC(2026, 0, 1),
  });
  fake.connect(input);
  const end = await input.run();
  merger.fireAll();
  await merger.drained();
  return {
    end,
    windows: sink.windows,
    counts: merger.counts.status(),
    letters: letters.letters,
    retallied: fake.retallied(),
    lost: fake.lost(),
  };
}

t.test(
  "FileInput gives the same result for any workers and any order",
  async (t) => {
    const folder = t.testdir();
    const path = join(folder, "trips.jsonl");
    const text = lines(seeded(1)).join("\n");
    t.ok(text.length > 2.5 * BLOCK_BYTES, "the file has several blocks");
    writeFileSync(path, text);
    const alone = await runFiles([path], { workers: 1, seed: 1 });
    t.equal(alone.end, "ended");
    t.ok(alone.counts.late > 0, "some trips are late");
    t.ok(alone.letters.length > 0, "some records are dead");
    t.equal(alone.counts.read, text.split("\n").length);
    let retallied = 0;
    for (const [workers, seed] of [
      [2, 2],
      [2, 3],
      [4, 4],
      [4, 5],
    ] as const) {
      const other = await runFiles([path], { workers, seed });
      t.strictSame(other.windows, alone.windows, `${workers} workers`);
      t.strictSame(other.counts, alone.counts);
      t.strictSame(other.letters, alone.letters);
      retallied += other.retallied;
    }
    t.ok(retallied > 0, "a block was tallied again with the true watermark");
  },
);

t.test("FileInput deals the blocks of lost workers again", async (t) => {
  const path = join(t.testdir(), "trips.jsonl");
  writeFileSync(path, lines(seeded(1)).join("\n"));
  const undisturbed = await runFiles([path], { workers: 1, seed: 1 });
  for (const seed of [2, 3, 4, 5]) {
    const workers = 1 + (seed % 3);
    const got = await runFiles([path], { workers, seed, lossRate: 0.4 });
    t.ok(got.lost > 0, `${got.lost} workers lost`);
    t.strictSame(got.windows, undisturbed.windows);
    t.strictSame(got.counts, undisturbed.counts);
    t.strictSame(got.letters, undisturbed.letters);
  }
});

t.test(
  "FileInput reads gzip files and several files as one input",
  async (t) => {
    const folder = t.testdir();
    const list = lines(seeded(1)).slice(0, 1_200);
    const whole = join(folder, "whole.jsonl");
    writeFileSync(whole, `${list.join("\n")}\n`);
    const first = join(folder, "1.jsonl.gz");
    // Two gzip members in one file, and no newline at the end of the other.
    writeFileSync(
      first,
      Buffer.concat([
        gzipSync(`${list.slice(0, 300).join("\n")}\n`),
        gzipSync(`${list.slice(300, 700).join("\n")}\n`),
      ]),
    );
    const second = join(folder, "2.jsonl");
    writeFileSync(second, list.slice(700).join("\n"));
    const expected = await runFiles([whole], { workers: 2, seed: 1 });
    const got = await runFiles([first, second], { workers: 2, seed: 1 });
    t.strictSame(got.windows, expected.windows);
    t.strictSame(got.counts, expected.counts);
  },
);

t.test("FileInput names a file that it can't read", async (t) => {
  await t.rejects(
    runFiles([join(t.testdir(), "missing.jsonl")], { workers: 1, seed: 1 }),
    {
      code: "FD_SOURCE",
      message: /missing\.jsonl" as it does not exist: check the path/,
    },
  );
  const folder = t.testdir({ "bad.gz": "no gzip", dir: {} });
  await t.rejects(runFiles([join(folder, "bad.gz")], { workers: 1, seed: 1 }), {
    message: /no sound gzip file/,
  });
  await t.rejects(runFiles([join(folder, "dir")], { workers: 1, seed: 1 }), {
    message: /it is a folder/,
  });
});

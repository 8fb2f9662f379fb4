/**
 * Goal: lines that CloudWatch takes as metrics, whose sums are right, and that
 * arrive. Method: two statuses one after the other; an agent on loopback, a
 * file.
 */
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import t from "tap";
import { EmfLines } from "../../../scripts/service/emf_lines.ts";
import { openEmfOutput } from "../../../scripts/service/emf_output.ts";
import { EMF_FILE_BYTES_MAX } from "../../../scripts/service/limits.ts";
import { sampleStatus } from "../../engine/status/sample_status.ts";
import { MemoryOutput } from "../memory_output.ts";

interface Line {
  readonly _aws: {
    readonly Timestamp: number;
    readonly LogGroupName?: string;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [name: string]: unknown;
}

const parsed = (lines: readonly string[]) =>
  lines.map((line) => JSON.parse(line) as Line);

t.test(
  "a line names each metric that it holds, within the limits",
  async (t) => {
    const lines = new EmfLines({ name: "a", logGroup: "/g", hasShards: true });
    const all = parsed(lines.next(sampleStatus()));
    t.equal(all.length, 3, "the run, and two shards");
    for (const line of all) {
      t.equal(line._aws.LogGroupName, "/g");
      const [directive] = line._aws.CloudWatchMetrics;
      t.equal(directive?.Namespace, "Flagdrop");
      t.ok((directive?.Metrics.length ?? 0) <= 100);
      for (const { Name } of directive?.Metrics ?? []) {
        t.equal(typeof line[Name], "number", Name);
      }
      for (const name of directive?.Dimensions[0] ?? []) {
        t.equal(typeof line[name], "string", name);
      }
    }
    t.strictSame(all[1]?._aws.CloudWatchMetrics[0]?.Dimensions, [
      ["Name", "ShardId"],
    ]);
  },
);

t.test("counts are of the time since the last line", async (t) => {
  const lines = new EmfLines({ name: "a", hasShards: false });
  const first = sampleStatus();
  const [one] = parsed(lines.next(first));
  t.match(one, { Starts: 1, EventsRead: 0, WatermarkHeld: 5 });
  const counts = { ...first.counts, read: first.counts.read + 500 };
  const [two, ...rest] = parsed(
    lines.next({
      ...first,
      counts,
      deadLetters: first.deadLetters + 3,
      watermarkHeldSinceMs: null,
      watermarkMs: null,
      checkpoint: null,
      cpuSeconds: first.cpuSeconds + 30,
      nowMs: first.nowMs + 60_000,
    }),
  );
  t.equal(rest.length, 0, "shards are off");
  t.match(two, {
    Starts: 0,
    EventsRead: 500,
    DeadLetters: 3,
    WatermarkHeld: 0,
    Cpu: 50,
  });
  t.notOk("CheckpointAge" in (two ?? {}), "no store, no age");
  t.notOk("WatermarkLag" in (two ?? {}));
});

t.test("an agent gets whole lines; none is an error", async (t) => {
  const server = createServer({ allowHalfOpen: false }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const output = openEmfOutput(`tcp://127.0.0.1:${port}`, new MemoryOutput());
  const arrived = once(server, "connection").then(([socket]) => text(socket));
  await output("{}\n{}\n");
  t.equal(await arrived, "{}\n{}\n");
  server.close();
  await once(server, "close");
  await t.rejects(output("{}\n"), { code: "ECONNREFUSED" });
});

t.test("a file is appended to, and turned over when it is full", async (t) => {
  const file = join(t.testdir(), "metrics.json");
  const output = openEmfOutput(file, new MemoryOutput());
  await output("{}\n");
  await output("[]\n");
  t.equal(readFileSync(file, "utf8"), "{}\n[]\n");
  t.notOk(existsSync(`${file}.1`));
  writeFileSync(file, Buffer.alloc(EMF_FILE_BYTES_MAX));
  await output("{}\n");
  t.equal(readFileSync(file, "utf8"), "{}\n");
  t.ok(existsSync(`${file}.1`));
  const stdout = new MemoryOutput();
  await openEmfOutput("-", stdout)("{}\n");
  t.equal(stdout.text, "{}\n");
});

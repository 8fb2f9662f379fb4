/**
 * Goal: the unit and its start script do in a clean Debian what they promise:
 * start, tell systemd so, survive kill -9 and a hang, stop in time. Method: a
 * root made by mmdebstrap with nothing but the package in it; the unit's own
 * values read by a stand-in for systemd (`unit_runner.py`), as systemd can't be
 * started in a container; the local Kinesis outside. Not a part of `npm test`:
 * needs root and Debian.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import t from "tap";
import { request } from "undici";
import type { EngineStatus } from "../../engine/status/status.ts";
import { flagdrop, freePort, until } from "../e2e/flagdrop.ts";
import { LocalKinesis } from "../e2e/local_kinesis.ts";
import { attempt, debianArchive, emptyFolder, packaged, run } from "./tools.ts";

t.setTimeout(600_000);

const UNIT = "etc/systemd/system/flagdrop.service";
const WATCHDOG_SECONDS = 6;

interface Event {
  readonly event: string;
  readonly at: number;
  readonly name?: string;
  readonly value?: string;
  readonly line?: string;
  readonly code?: number;
  readonly pid?: number;
  readonly tookToStop?: number;
}

/** The stand-in for systemd. */
class UnitRunner {
  readonly events: Event[] = [];
  readonly #process: ChildProcessWithoutNullStreams;
  hasEnded = false;

  constructor(root: string) {
    const runner = join(import.meta.dirname, "unit_runner.py");
    this.#process = spawn("unshare", [
      ...["-m", "python3", runner, root, join(root, UNIT)],
      String(WATCHDOG_SECONDS),
    ]);
    createInterface(this.#process.stdout).on("line", (line) => {
      this.events.push(JSON.parse(line) as Event);
    });
    this.#process.stderr.pipe(process.stderr);
    this.#process.on("exit", () => {
      this.hasEnded = true;
    });
  }

  say(command: "kill" | "freeze" | "stop"): void {
    this.#process.stdin.write(`${command}\n`);
  }

  count(event: string, name?: string): number {
    return this.events.filter(
      (one) => one.event === event && (name === undefined || one.name === name),
    ).length;
  }

  async has(what: string, holds: () => boolean): Promise<void> {
    await until(what, () => {
      if (this.hasEnded && !holds()) {
        throw new Error(
          `it has ended: ${JSON.stringify(this.events.slice(-9))}`,
        );
      }
      return holds();
    });
  }

  close(): void {
    this.#process.kill("SIGKILL");
  }
}

const root = emptyFolder("root");
const archive = await debianArchive("systemd,passwd,procps");
await run("tar", ["-xf", archive, "-C", root, "--exclude=./dev/*"]);
const out = await packaged();
await run("mkdir", ["-p", join(root, "opt")]);
await run("cp", ["-R", out, join(root, "opt/flagdrop")]);
await run("chroot", [root, "/opt/flagdrop/service/install"]);

t.test("systemd takes the unit, and calls it well hardened", async (t) => {
  const verified = await attempt("chroot", [
    ...[root, "systemd-analyze", "verify", `/${UNIT}`],
  ]);
  t.strictSame(verified, { code: 0, output: "" });
  const { code, output } = await attempt("chroot", [
    ...[root, "systemd-analyze", "security", "--offline=true"],
    ...["--threshold=15", `/${UNIT}`],
  ]);
  t.equal(code, 0, output);
  t.comment(output.split("\n").find((line) => line.includes("Overall")) ?? "");
});

t.test("it starts, restarts, and stops in time", async (t) => {
  const kinesis = await LocalKinesis.start([
    ...["--stream", "taxi", "--shards", "4"],
  ]);
  t.teardown(() => kinesis.stop());
  const port = await freePort();
  writeFileSync(
    join(root, "etc/flagdrop/flagdrop.json"),
    JSON.stringify({
      run: {
        stream: "taxi",
        endpoint: kinesis.endpoint,
        from: "earliest",
        workers: 1,
        sink: ["duckdb:/var/lib/flagdrop/taxi.duckdb"],
        checkpoint: "/var/lib/flagdrop/checkpoints",
        "checkpoint-interval": "500ms",
        "dead-letters": "/var/lib/flagdrop/dead-letters.ndjson",
        "status-port": port,
        emf: "/var/log/flagdrop/metrics.json",
      },
    }),
    { mode: 0o644 },
  );
  const status = async (): Promise<EngineStatus | undefined> => {
    try {
      const { body } = await request(`http://127.0.0.1:${port}/api/status`);
      return (await body.json()) as EngineStatus;
    } catch {
      return undefined;
    }
  };
  const unit = new UnitRunner(root);
  t.teardown(() => unit.close());
  await unit.has("it is ready", () => unit.count("notice", "READY") === 1);
  t.comment(`ready after ${unit.events.at(-1)?.at} s`);
  const replay = await flagdrop([
    ...["replay", "--stream", "taxi", "--endpoint", kinesis.endpoint],
    ...[
      "--source",
      "generator",
      "--speedup",
      "max",
      "--limit",
      "50000",
      "--no-pacing",
    ],
  ]);
  t.equal(replay.code, 0, replay.stderr);
  const putCount = 50_000;
  await until("it has read", async () => {
    return ((await status())?.counts.read ?? 0) >= putCount;
  });
  // The next one may have begun before all was read.
  const numberOf = async () => (await status())?.checkpoint?.number ?? 0;
  const number = await numberOf();
  await until("a checkpoint holds that", async () => {
    return (await numberOf()) >= number + 2;
  });

  unit.say("kill");
  await unit.has("it starts again", () => unit.count("started") === 2);
  await unit.has(
    "it is ready again",
    () => unit.count("notice", "READY") === 2,
  );
  const restored = await status();
  t.ok(restored?.checkpoint?.restoredFrom, "from its checkpoint");
  t.ok((restored?.counts.read ?? 0) >= putCount, "nothing is read twice");

  await unit.has("keep-alives", () => unit.count("notice", "WATCHDOG") >= 2);
  unit.say("freeze");
  await unit.has("the watchdog", () => unit.count("watchdog") === 1);
  await unit.has("and again", () => unit.count("notice", "READY") === 3);

  unit.say("stop");
  await unit.has("it stops", () => unit.hasEnded);
  const end = unit.events.at(-1);
  t.match(end, { event: "ended", code: 0 });
  t.ok((end?.tookToStop ?? 99) < 20, `stopped in ${end?.tookToStop} s`);
  t.comment(`stopped in ${end?.tookToStop} s`);
  t.equal(unit.count("notice", "STOPPING"), 1);
  const logged = unit.events.filter(({ event }) => event === "log");
  t.ok(logged.length > 10);
  for (const { line = "" } of logged) {
    t.match(JSON.parse(line), { level: String, time: String, msg: String });
  }
  const statuses = unit.events.filter(({ name }) => name === "STATUS");
  t.match(statuses.at(0)?.value, /\d/, "systemctl status says what it does");
  t.match(
    await run("head", ["-1", join(root, "var/log/flagdrop/metrics.json")]),
    /"Namespace":"Flagdrop"/,
  );
});

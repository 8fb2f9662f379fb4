/**
 * `flagdrop demo` as a newcomer meets it. It is told to end once it has fired
 * windows, so that nothing depends on how fast the machine is.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { accountedFor, type EngineStatus } from "../../engine/status/status.ts";
import { sampleQuestion, sampleStore } from "../../scripts/demo/demo_store.ts";
import { TAXI } from "../engine/sink/windows.ts";
import { flagdrop, RunningCommand, until } from "./flagdrop.ts";

t.setTimeout(240_000);

/** A running demo in a folder of its own. */
async function startDemo(t: Test): Promise<{
  demo: RunningCommand;
  folder: string;
  url: string;
}> {
  const folder = mkdtempSync(join(tmpdir(), "flagdrop-demo-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const demo = new RunningCommand(
    ["demo", "--shards", "3", "--status-port", "0"],
    { cwd: folder },
  );
  t.teardown(() => demo.stop("SIGKILL"));
  const address = () => /live page: (http:\S+)/.exec(demo.output)?.[1];
  await until("the demo serves its status", () => {
    if (demo.hasEnded) throw new Error(demo.output);
    return address() !== undefined;
  });
  return { demo, folder, url: address() ?? "" };
}

async function textOf(url: string): Promise<string> {
  return await (await fetch(url)).text();
}

t.test(
  "demo tallies, keeps its store to itself, ends on Ctrl-C and starts afresh",
  async (t) => {
    const { demo, folder, url } = await startDemo(t);
    let status = JSON.parse(await textOf(`${url}/api/status`)) as EngineStatus;
    await until("the demo has fired documents", async () => {
      status = JSON.parse(await textOf(`${url}/api/status`)) as EngineStatus;
      return status.documentsFired > 0;
    });
    t.equal(status.shards.length, 3);
    t.equal(accountedFor(status.counts), status.counts.read);
    t.equal(await textOf(`${url}/healthz`), "running\n");
    t.match(
      await textOf(`${url}/metrics`),
      /^flagdrop_windows_fired_total \d+$/m,
    );

    const other = await flagdrop(["demo", "--status-port", "0"], {
      cwd: folder,
    });
    t.equal(other.code, 1, "it doesn't touch the store of another one");
    t.match(
      other.stderr,
      /\nflagdrop demo: Cannot open store "\.flagdrop\/demo\.duckdb" as process \d+ has it open: .* \(FD_STORE\)\n$/,
    );

    const { code, stdout, stderr } = await demo.stop("SIGINT");
    t.equal(code, 0, stderr);
    t.match(stdout, /^Ran \d+\.\d s at [\d,]+ records\/s, up to 2016-01-01 /m);
    t.match(stdout, "  Every record is accounted for.\n");
    // A busy machine may make the replay fall behind, which is a warning.
    t.notMatch(stderr, / error /);
    const question = sampleQuestion(TAXI);
    assert.ok(question !== undefined);
    const store = join(folder, ".flagdrop", "demo.duckdb");
    const rows = await sampleStore(store, question);
    t.equal(rows.length, 5);
    for (const { cell } of rows) t.match(stdout, `  ${cell} `);

    const again = await flagdrop(
      [
        "demo",
        "--duration",
        "100ms",
        "--status-port",
        "0",
        "--job",
        "bike-share",
      ],
      { cwd: folder },
    );
    t.equal(again.code, 0, `a second start is fresh: ${again.stderr}`);
    t.match(again.stdout, "  Every record is accounted for.\n");
    t.match(again.stdout, "sum(rides)::BIGINT AS all_rides FROM rides_started");
  },
);

/**
 * Goal: of real processes on one directory one writes, whatever becomes of it.
 * Method: small processes with a lease of a second and a half, started at once,
 * stopped, continued and killed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { until } from "../../e2e/flagdrop.ts";

const FIXTURE = fileURLToPath(
  new URL("../../fixtures/lease_holder.ts", import.meta.url),
);
const LOADER = new URL("../../loader/register.mjs", import.meta.url).href;

class Holder {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  output = "";

  constructor(t: { teardown(undo: () => unknown): void }, folder: string) {
    this.child = spawn(
      process.execPath,
      ["--import", LOADER, FIXTURE, folder],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
      });
    }
    this.ended = once(this.child, "close");
    t.teardown(() => this.kill());
  }

  /** Ends it, so that it writes no more into a folder about to be removed. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  get isOwner(): boolean {
    return this.output.startsWith("owner\n");
  }

  get saved(): number {
    return this.output.match(/^saved /gm)?.length ?? 0;
  }

  async saves(more: number): Promise<void> {
    const from = this.saved;
    await until("checkpoints", () => {
      if (this.child.exitCode !== null) throw new Error(this.output);
      return this.saved >= from + more;
    });
  }
}

/**
 * What counts in a folder, as one text: a write that was on its way when its
 * process was stopped may still leave an object that no head names.
 */
function contents(folder: string): string {
  return readdirSync(folder)
    .filter((name) => /^head-\d+\.json$|-2\.fdc$/.test(name))
    .sort()
    .map((name) => `${name} ${readFileSync(join(folder, name), "hex")}`)
    .join("\n");
}

t.test("of three that start at once one owns the directory", async (t) => {
  const folder = join(t.testdir(), "checkpoints");
  const holders = [1, 2, 3].map(() => new Holder(t, folder));
  const refused = () =>
    holders.filter(({ child }) => child.exitCode === 1).length;
  await until("two are refused", () => refused() === 2);
  const owners = holders.filter(({ isOwner }) => isOwner);
  t.equal(owners.length, 1);
  const [owner] = owners;
  for (const { child, output } of holders) {
    if (child === owner?.child) continue;
    t.match(
      output,
      new RegExp(`as process ${owner?.child.pid} on \\S+ is using it`),
    );
  }
  await owner?.saves(2);

  // A dead owner is replaced at once, with its checkpoints.
  await owner?.kill();
  const next = new Holder(t, folder);
  await next.saves(1);
  t.ok(Number(/^saved (\d+)$/m.exec(next.output)?.[1]) > (owner?.saved ?? 0));
  await next.kill();
});

t.test("one that stood still writes nothing more", async (t) => {
  const folder = join(t.testdir(), "checkpoints");
  const first = new Holder(t, folder);
  await first.saves(3);
  first.child.kill("SIGSTOP");
  // It lives, so that its lease must run out.
  const second = new Holder(t, folder);
  await second.saves(2);
  second.child.kill("SIGSTOP");
  await until("it stands still", () =>
    readFileSync(`/proc/${second.child.pid}/stat`, "utf8").includes(") T "),
  );
  const before = contents(folder);
  first.child.kill("SIGCONT");
  await first.ended;
  t.equal(first.child.exitCode, 1);
  t.match(first.output, /\nCannot go on as this process stood still for \d+ s/);
  t.equal(first.output.trim().split("\n").at(-1)?.includes("saved"), false);
  t.equal(contents(folder), before, "not a byte");
  await second.kill();
});

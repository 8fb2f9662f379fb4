/**
 * Goal: the settings are ones that this Node has, since an unknown one is passed
 * over in silence. Method: its own list, and what the function sets.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { boundHeapGrowth } from "../../scripts/bound_heap_growth.ts";

t.test("boundHeapGrowth() sets what V8 knows", async (t) => {
  const known = execFileSync(process.execPath, ["--v8-options"], {
    encoding: "utf8",
  });
  const source = readFileSync(
    new URL("../../scripts/bound_heap_growth.ts", import.meta.url),
    "utf8",
  );
  const names = [...source.matchAll(/["`](--[a-z-]+)=/g)].map(([, n]) => n);
  t.equal(names.length, 4);
  for (const name of names) t.match(known, new RegExp(`^ +${name} `, "m"));
  t.doesNotThrow(boundHeapGrowth);
});

t.test("boundHeapGrowth() keeps young generations small", async (t) => {
  const grow = `
    import { getHeapSpaceStatistics } from "node:v8";
    import { isMainThread, Worker } from "node:worker_threads";
    function grow() {
      let kept = [];
      for (let i = 0; i < 1e6; i++) {
        kept.push({ i, list: [i] });
        if (kept.length > 60_000) kept = [];
      }
      const young = getHeapSpaceStatistics().find(
        ({ space_name }) => space_name === "new_space",
      );
      process.stdout.write(young.space_size / 2 ** 20 + "\\n");
    }
    grow();
    if (isMainThread) {
      // No loader of tests in it: that would start one more thread, unseen.
      const env = { ...process.env, NODE_OPTIONS: "" };
      const worker = new Worker(new URL(import.meta.url), { execArgv: [], env });
      worker.once("exit", grow);
    }
  `;
  const folder = t.testdir({ "grow.mjs": grow });
  const module = new URL("../../scripts/bound_heap_growth.ts", import.meta.url);
  const bounded = execFileSync(
    process.execPath,
    [
      ...process.execArgv,
      "--input-type=module",
      "-e",
      `import { boundHeapGrowth } from ${JSON.stringify(module.href)};
       boundHeapGrowth();
       process.argv[1] = ${JSON.stringify(join(folder, "grow.mjs"))};
       await import(process.argv[1]);`,
    ],
    { encoding: "utf8" },
  );
  const sizes = bounded.trim().split("\n").map(Number);
  t.equal(sizes.length, 3, "the main thread's, a worker's, the main thread's");
  for (const mib of sizes) t.ok(mib > 0 && mib <= 8, `${mib} MiB`);
});

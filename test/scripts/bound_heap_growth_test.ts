/**
 * Goal: the setting is one that this Node has, since an unknown one is passed
 * over in silence. Method: its own list, and what the function sets.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
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
  const [, name = "none"] = /`(--[a-z-]+)=/.exec(source) ?? [];
  t.match(known, new RegExp(`^ +${name} `, "m"));
  t.doesNotThrow(boundHeapGrowth);
});

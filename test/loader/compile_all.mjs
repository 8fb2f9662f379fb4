// Compiles what tests load, once: each of hundreds of test processes would do
// its part of it else, and start the compiler for it.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileAll } from "./compile.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SOURCES = ["engine", "workers", "scripts", "perf", "test"];

const paths = SOURCES.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /(?<!\.d)\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name)),
);
await compileAll(paths);

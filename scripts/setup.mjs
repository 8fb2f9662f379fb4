// Installs and builds what is missing, so that `npm start` and `npm test` work in
// an empty clone. Plain JavaScript: it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SOURCES = ["engine", "workers", "scripts", "perf"];
const BUILD_INPUTS = ["tsconfig.json", "tsconfig.build.json"];

/** Modification time in ms, or 0 for a path that does not exist. */
function modifiedMs(path) {
  const full = join(ROOT, path);
  return existsSync(full) ? statSync(full).mtimeMs : 0;
}

/** The newest modification time, in ms, of any source below `folder`. */
function newestMs(folder) {
  let newest = 0;
  for (const entry of readdirSync(join(ROOT, folder), {
    withFileTypes: true,
    recursive: true,
  })) {
    if (!entry.isFile() || !/\.(ts|json|html|css)$/.test(entry.name)) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    newest = Math.max(newest, statSync(path).mtimeMs);
  }
  return newest;
}

function run(title, args) {
  const startedMs = Date.now();
  process.stderr.write(`${title} ...\n`);
  const { status } = spawnSync("npm", args, { cwd: ROOT, stdio: "inherit" });
  if (status !== 0) {
    process.stderr.write(
      `Cannot set up as "npm ${args.join(" ")}" failed with status ${status}: see its output above\n`,
    );
    process.exit(1);
  }
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
  process.stderr.write(`${title}: done in ${seconds} s\n`);
}

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 18)) {
  process.stderr.write(
    `Cannot run on Node ${process.versions.node}: Node 20.18.1 or newer is needed\n`,
  );
  process.exit(1);
}

const INSTALLED = "node_modules/.package-lock.json";
if (modifiedMs(INSTALLED) < modifiedMs("package-lock.json")) {
  run("Installing packages", ["ci", "--no-audit", "--no-fund"]);
  // A file unpacked with an old time would make the next start install again.
  utimesSync(join(ROOT, INSTALLED), new Date(), new Date());
}

const BUILT = "dist/scripts/flagdrop.js";
const newestSourceMs = Math.max(
  ...SOURCES.map(newestMs),
  ...BUILD_INPUTS.map(modifiedMs),
);
if (modifiedMs(BUILT) < newestSourceMs) {
  run("Building", ["run", "--silent", "build"]);
  // The compiler may leave an unchanged output's time as it was.
  utimesSync(join(ROOT, BUILT), new Date(), new Date());
}

// Lets test processes and their worker threads run TypeScript: each file is
// compiled once and kept, where tap's own loader compiles all of them anew in
// every process and thread (two thirds of the tests' CPU time).
import { register } from "node:module";
import { isMainThread } from "node:worker_threads";

process.setSourceMapsEnabled(true);
// Before there are hooks: each of tap's hundreds of modules would pass through
// them, which doubles the time a test file takes to start.
if (isMainThread && /_(test|suite)\.ts$/.test(process.argv[1] ?? "")) {
  await import("tap");
}
register("./typescript_hooks.mjs", import.meta.url);

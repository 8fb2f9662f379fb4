// Lets test processes and their worker threads run TypeScript: each file is
// compiled once and kept, where tap's own loader compiles all of them anew in
// every process and thread (two thirds of the tests' CPU time).
import { register } from "node:module";

process.setSourceMapsEnabled(true);
register("./typescript_hooks.mjs", import.meta.url);

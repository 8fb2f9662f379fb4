#!/usr/bin/env node
/**
 * Writes the CloudFormation templates: `npm run templates`. With `--check` it
 * writes nothing, lets cdk-nag look at them, and fails where it complains or
 * where a file is not what it would write.
 */
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const folder = dirname(fileURLToPath(import.meta.url));
const isCheck = process.argv.includes("--check");
const work = mkdtempSync(join(tmpdir(), "flagdrop-templates-"));
// Beside the sources, so that the packages are found.
const bundle = join(folder, ".app.bundle.mjs");
try {
  await build({
    entryPoints: [join(folder, "app.ts")],
    outfile: bundle,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
  const { makeTemplates } = await import(pathToFileURL(bundle).href);
  const outdir = join(work, "out");
  for (const { file, text } of makeTemplates({
    outdir,
    isChecked: isCheck,
  })) {
    const path = join(folder, file);
    if (!isCheck) writeFileSync(path, text);
    else if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
      process.stderr.write(`${file} is not current: npm run templates\n`);
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(bundle, { force: true });
  rmSync(work, { recursive: true, force: true });
}

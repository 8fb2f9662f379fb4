// Bundles the dashboard's page into dist: one script, one style sheet, and the
// licences of what went into them.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const PAGE = new URL("../engine/dashboard/page/", import.meta.url);
const ASSETS = new URL("../dist/engine/dashboard/assets/", import.meta.url);
const MODULES = new URL("../node_modules/", import.meta.url);
const path = (name, base) => fileURLToPath(new URL(name, base));

const { metafile } = await build({
  entryPoints: {
    page: path("main.ts", PAGE),
    style: path("page.css", PAGE),
  },
  outdir: fileURLToPath(ASSETS),
  entryNames: "[name]",
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022"],
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
  // Shared code asserts; in a browser a few lines do that.
  alias: { "node:assert/strict": path("assert.ts", PAGE) },
});

const packages = new Set();
for (const input of Object.keys(metafile.inputs)) {
  const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
  if (name !== undefined) packages.add(name);
}
const texts = [];
for (const name of [...packages].sort()) {
  const licence = await readFile(path(`${name}/LICENSE`, MODULES), "utf8");
  texts.push(`${name}\n\n${licence.trim()}\n`);
}
await mkdir(ASSETS, { recursive: true });
await writeFile(path("licenses.txt", ASSETS), texts.join("\n\n---\n\n"));
for (const name of ["index.html", "icon.svg", "boroughs.json"]) {
  await copyFile(path(`assets/${name}`, PAGE), path(name, ASSETS));
}

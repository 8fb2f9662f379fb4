/**
 * The rules of this codebase that a linter can't say.
 *
 * Goal: a stranger finds what a file is, why it is fast, and what it may
 * import, from its name and its head. Method: read all sources as text.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { VERSION } from "../engine/version.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FOLDERS = ["engine", "workers", "scripts", "perf", "test"] as const;

/** Longest file without a word in its head why it is one thing. */
const FILE_LINES_MAX = 350;
/** Length at which half of the files must be shorter. */
const FILE_LINES_MEDIAN_MAX = 150;
const LINE_COLUMNS_MAX = 100;

interface Source {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

function sourcesOf(folder: string): Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name))
    .filter((path) => statSync(join(ROOT, path)).isFile())
    .map((path) => ({
      path: path.replaceAll("\\", "/"),
      text: readFileSync(join(ROOT, path), "utf8"),
    }));
}

const SOURCES = FOLDERS.flatMap(sourcesOf);
const PRODUCT = SOURCES.filter(({ path }) => !path.startsWith("test/"));

/** Words that must not stand in a file, and what to do instead. */
const BANNED: readonly (readonly [RegExp, string])[] = [
  [/\b(TODO|FIXME|XXX|HACK)\b/, "do it, or say in the head what is left out"],
  [/\bconsole\./, "write to the injected stream or log"],
  [/\bas any\b|: any\b|<any>/, "name the type"],
  [/@ts-(ignore|nocheck|expect-error)/, "mend the types"],
  [/\/(work|home|root|Users)\/[a-z]/, "no paths of one machine"],
  [/registry\.npmjs|repo1\.maven|pypi\.org\/simple/, "no registry hosts"],
];

function problems(list: readonly string[]): string {
  return list.join("\n");
}

t.test("sources hold no banned words", async (t) => {
  const found = SOURCES.filter(
    ({ path }) => path !== "test/tidy_test.ts",
  ).flatMap(({ path, text }) =>
    BANNED.flatMap(([word, remedy]) =>
      word.test(text) &&
      !(path.startsWith("perf/") && word.source.includes("console"))
        ? [`${path}: ${word.source}: ${remedy}`]
        : [],
    ),
  );
  t.equal(problems(found), "");
});

t.test("files are small and lines are short", async (t) => {
  const lengths = PRODUCT.map(({ text }) => text.split("\n").length);
  lengths.sort((a, b) => a - b);
  const median = lengths[lengths.length >> 1] ?? 0;
  t.ok(median <= FILE_LINES_MEDIAN_MAX, `median is ${median} lines`);
  const long = PRODUCT.filter(
    ({ text }) =>
      text.split("\n").length > FILE_LINES_MAX && !/one thing/.test(text),
  );
  t.equal(problems(long.map(({ path }) => path)), "");
  const wide = SOURCES.filter(({ text }) =>
    text
      .split("\n")
      .some((line) => line.length > LINE_COLUMNS_MAX && !/["'`/]/.test(line)),
  );
  t.equal(problems(wide.map(({ path }) => path)), "");
});

t.test("product files say in their head what they are", async (t) => {
  const bare = PRODUCT.filter(({ text }) => {
    const start = text.startsWith("#!") ? text.indexOf("\n") + 1 : 0;
    return (
      !text.startsWith("/**", start) && !text.startsWith("// Hot path", start)
    );
  });
  t.equal(problems(bare.map(({ path }) => path)), "");
});

t.test("exports are documented", async (t) => {
  const bare = PRODUCT.flatMap(({ path, text }) => {
    const lines = text.split("\n");
    return lines.flatMap((line, i) => {
      const isExport =
        /^export (default )?(async )?(abstract )?(function|class|interface|const|type|let)\b/.test(
          line,
        );
      if (!isExport || line.startsWith("export type {")) return [];
      // Overloads and one-line heads: the comment may be the file's own.
      return (lines[i - 1] ?? "").endsWith("*/") ? [] : [`${path}:${i + 1}`];
    });
  });
  t.equal(problems(bare), "");
});

/** Imports of a file that are in this project, relative to the root. */
function importsOf({ path, text }: Source): { type: boolean; to: string }[] {
  const statements = text.matchAll(
    /(?:import|export)\s+(type\s)?[^;"']*?from\s+"(\.[^"]+)"|import\("(\.[^"]+)"\)/g,
  );
  return [...statements].map((match) => ({
    type: match[1] !== undefined,
    to: relative(
      ROOT,
      join(ROOT, dirname(path), match[2] ?? match[3] ?? ""),
    ).replaceAll("\\", "/"),
  }));
}

/** What each folder may import of the others. */
const MAY_IMPORT: Readonly<Record<string, RegExp>> = {
  engine: /^engine\//,
  workers:
    /^workers\/|^engine\/(messages|limits|errors|clock|worker_url)\.ts|^engine\/(job|geo|tally|kinesis|aws|local_kinesis|replay)\//,
  scripts: /^(scripts|engine)\//,
  perf: /./,
  test: /./,
};

t.test("folders import only what they may", async (t) => {
  const wrong = SOURCES.flatMap((source) => {
    const allowed = MAY_IMPORT[source.path.split("/")[0] ?? ""] ?? /./;
    return importsOf(source)
      .filter(({ to }) => !allowed.test(to))
      .map(({ to }) => `${source.path} imports ${to}`);
  });
  t.equal(problems(wrong), "");
});

/** Where time and chance of the machine are handed to what runs under both. */
const WORLDLY =
  /^engine\/coordinator\/engine_host\.ts|^workers\/(open_role|tally_worker)\.ts/;
const TIME_OR_CHANCE =
  /\bset(Timeout|Interval|Immediate)\(|\b(Date|performance)\.now\b|\bMath\.random\b|\brandom(UUID|Bytes)\b|timers\/promises/;

t.test("coordinator and workers take time and chance as given", async (t) => {
  const found = PRODUCT.filter(
    ({ path, text }) =>
      /^(engine\/(coordinator|checkpoint)|workers)\//.test(path) &&
      !WORLDLY.test(path) &&
      TIME_OR_CHANCE.test(text),
  );
  t.equal(problems(found.map(({ path }) => path)), "");
});

t.test("messages.ts holds types and assertNever() only", async (t) => {
  const text = SOURCES.find(({ path }) => path === "engine/messages.ts")?.text;
  const values = (text ?? "").match(
    /^export (?!interface|type|const PROTOCOL_VERSION|function assertNever).*/gm,
  );
  t.equal(problems(values ?? []), "");
  t.notMatch(text, /\?:/, "no optional fields: make another variant");
});

t.test("kernels say what they trade for speed, and have a bench", async (t) => {
  const kernels = PRODUCT.filter(({ path }) => path.endsWith("_kernel.ts"));
  t.ok(kernels.length > 0);
  for (const { path, text } of kernels) {
    t.match(text, /Hot path:/, path);
    const bench = /(perf\/[a-z0-9_]+_bench\.ts)/.exec(text)?.[1];
    t.ok(
      bench !== undefined && PRODUCT.some((one) => one.path === bench),
      `${path} names a bench that exists: ${bench}`,
    );
  }
});

t.test("option names carry their units", async (t) => {
  // Options of commands are named after their flags, which take a unit.
  const options = PRODUCT.filter(({ path }) => !path.startsWith("scripts/"));
  const bare = options.flatMap(({ path, text }) =>
    [
      ...text.matchAll(
        /^ {2}readonly (\w*(?:Timeout|Interval|Delay|Size))\??: number/gm,
      ),
    ].map((match) => `${path}: ${match[1]}`),
  );
  t.equal(problems(bare), "");
});

t.test("test files mirror the source they test", async (t) => {
  const free =
    /^test\/(golden|judge|e2e|conformance|soak|fixtures|helpers|issues|browser|fault|simulation)\/|^test\/tidy_test/;
  const wrong = SOURCES.filter(
    ({ path }) => path.endsWith("_test.ts") && !free.test(path),
  ).filter(({ path }) => {
    const folder = dirname(path).replace(/^test\//, "");
    return !PRODUCT.some((one) => dirname(one.path) === folder);
  });
  t.equal(problems(wrong.map(({ path }) => path)), "");
});

t.test("the version is the package's", async (t) => {
  const manifest = JSON.parse(
    readFileSync(join(ROOT, "package.json"), "utf8"),
  ) as { version: string };
  t.equal(VERSION, manifest.version);
  t.ok(basename(ROOT) !== "");
});

t.test("what is committed is files, no links out of the project", async (t) => {
  const entries = execFileSync("git", ["ls-files", "--stage"], {
    cwd: ROOT,
    encoding: "utf8",
  }).split("\n");
  t.ok(entries.length > 100);
  // Mode 120000 is a symbolic link.
  const links = entries.filter((entry) => entry.startsWith("120000"));
  t.equal(problems(links), "");
});

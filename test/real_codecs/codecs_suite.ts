/**
 * Files that others have packed, and Python's table of time zones. Not a part
 * of `npm test`, as it installs Python packages; `.ci/run` calls it.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { TripGenerator } from "../../engine/replay/generator.ts";
import { openSource } from "../../engine/replay/open_source.ts";
import { fileInputs } from "../../engine/replay/source/file_part.ts";
import { TimeZone } from "../../engine/replay/source/time_zone.ts";
import { installCodecs, python } from "./python_codecs.ts";

t.setTimeout(600_000);

const EVENTS = 20_000;

const SCRIPTS: Readonly<Record<string, string>> = {
  "cramjam snappy": "import cramjam; out = cramjam.snappy.compress(data)",
  "python-snappy, in two streams": [
    "import snappy",
    "half = len(data) // 2",
    "out = snappy.StreamCompressor().compress(data[:half])",
    "out += snappy.StreamCompressor().compress(data[half:])",
  ].join("\n"),
  "cramjam lz4": "import cramjam; out = cramjam.lz4.compress(data)",
  "cramjam bzip2":
    "import cramjam; out = cramjam.bzip2.compress(data[:2000000])",
  "cramjam gzip": "import cramjam; out = cramjam.gzip.compress(data)",
  "cramjam zstd": "import cramjam; out = cramjam.zstd.compress(data, 12)",
  "bz2, in two streams": [
    "import bz2",
    "out = bz2.compress(data[:1000000], 9) + bz2.compress(data[1000000:2000000], 2)",
  ].join("\n"),
};

t.before(installCodecs);

const { bytes, ends } = new TripGenerator({ seed: 9 }).next(EVENTS);
const lines = bytes.subarray(0, ends[EVENTS - 1]);

for (const [what, script] of Object.entries(SCRIPTS)) {
  t.test(`${what}: every byte`, async (t) => {
    const path = join(t.testdir(), "trips");
    const packed = await python(script, lines);
    writeFileSync(path, packed);
    const source = openSource(await fileInputs([path]), { format: "jsonl" });
    let offset = 0;
    let isSame = true;
    for await (const chunk of source.read()) {
      const from = chunk.starts[0] ?? 0;
      const found = chunk.bytes.subarray(from, chunk.ends[chunk.count - 1]);
      isSame &&= found.equals(lines.subarray(offset, offset + found.length));
      offset += found.length;
    }
    t.ok(isSame);
    const length = what.includes("bz") ? 2_000_000 : lines.length;
    // The last line may be cut there.
    t.ok(offset > length - 600 && offset <= length, `${offset} bytes`);
    t.ok(packed.length < offset, `${packed.length} bytes packed`);
  });
}

const ZONES = [
  "America/New_York",
  "Europe/Dublin",
  "Australia/Lord_Howe",
  "Asia/Kolkata",
  "Pacific/Apia",
  "Africa/Casablanca",
] as const;

const ZONE_SCRIPT = `
import json, datetime as d, zoneinfo
found = {}
utc = d.timezone.utc
for name in json.loads(data):
    zone = zoneinfo.ZoneInfo(name)
    rows = found[name] = []
    local = d.datetime(2005, 1, 1, 0, 30)
    while local.year < 2020:
        first = local.replace(tzinfo=zone).astimezone(utc)
        isGap = first.astimezone(zone).replace(tzinfo=None) != local
        fold = 0 if isGap else 1
        second = local.replace(tzinfo=zone, fold=fold).astimezone(utc)
        times = (local.replace(tzinfo=utc), first, second)
        rows.append([int(time.timestamp()) for time in times])
        local += d.timedelta(hours=1)
out = json.dumps(found).encode()
`;

t.test("time zones are those of Python's zoneinfo", async (t) => {
  const answer = await python(ZONE_SCRIPT, Buffer.from(JSON.stringify(ZONES)));
  const table = JSON.parse(answer.toString()) as Record<
    string,
    readonly (readonly [number, number, number])[]
  >;
  for (const [name, rows] of Object.entries(table)) {
    const zone = new TimeZone(name);
    const wrong = rows.filter(([local, first, second]) => {
      const { firstMs, secondMs } = zone.instantsOf(local * 1_000);
      return firstMs !== first * 1_000 || secondMs !== second * 1_000;
    });
    t.equal(wrong.length, 0, `${name}: ${JSON.stringify(wrong.slice(0, 3))}`);
    t.ok(rows.length > 130_000, `${rows.length} hours`);
  }
});

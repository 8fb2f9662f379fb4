import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Hono } from "hono";
import t from "tap";
import { dashboard } from "../../../engine/dashboard/dashboard.ts";
import { maskedConfig } from "../../../engine/dashboard/masked_config.ts";
import { recentLetters } from "../../../engine/dashboard/recent_letters.ts";
import {
  tilesCredit,
  tilesProblem,
} from "../../../engine/dashboard/tiles_address.ts";
import { deadLetterLine } from "../../../engine/sink/dead_letters.ts";
import { TAXI } from "../sink/windows.ts";
import { sampleStatus } from "../status/sample_status.ts";

function appOf(tiles?: string) {
  const app = new Hono();
  const page = dashboard({
    plan: TAXI,
    results: undefined,
    engine: { status: sampleStatus, openWindows: () => [] },
    actions: { stop: async () => {}, savepoint: undefined },
    isReadOnly: false,
    tiles,
    config: { token: "hush-hush-hush-hush", workers: 2 },
    problems: () => [{ atMs: 5, level: "warn", text: "odd" }],
  });
  page.extend(app);
  t.teardown(() => page.close());
  return app;
}

t.test(
  "the page comes with a strict policy and without inline script",
  async (t) => {
    const answer = await appOf().request("/");
    t.equal(answer.status, 200);
    const policy = answer.headers.get("content-security-policy") ?? "";
    t.match(policy, "default-src 'none'");
    t.notMatch(policy, /unsafe/);
    const html = await answer.text();
    t.notMatch(html, /<script(?![^>]*src=)/);
    t.notMatch(html, /style=|onclick=|https?:\/\//);
  },
);

t.test(
  "with --tiles the policy allows images of that origin alone",
  async (t) => {
    const tiles = "https://tiles.example/a/{z}/{x}/{y}.png?key=1";
    const app = appOf(tiles);
    const answer = await app.request("/");
    const policy = answer.headers.get("content-security-policy") ?? "";
    t.match(policy, "img-src 'self' https://tiles.example; ");
    t.equal(policy.match(/https/g)?.length, 1);
    t.match(await (await app.request("/api/job")).json(), { tiles });
    t.match(await (await appOf().request("/api/job")).json(), { tiles: null });
  },
);

t.test("tilesCredit() names whom tiles come from", async (t) => {
  const all = "/{z}/{x}/{y}.png";
  t.equal(tilesCredit(`https://tiles.example${all}`), "map: tiles.example");
  t.equal(
    tilesCredit(`https://tile.openstreetmap.org${all}`),
    "© OpenStreetMap contributors",
  );
  t.equal(
    tilesCredit(`https://openstreetmap.org.example${all}`),
    "map: openstreetmap.org.example",
  );
  t.equal(tilesCredit(`https://tiles.example${all}`, "© us"), "© us");
});

t.test("tilesProblem() takes addresses of tiles only", async (t) => {
  const all = "/{z}/{x}/{y}.png";
  t.equal(tilesProblem(`https://tiles.example${all}`), undefined);
  t.equal(tilesProblem(`http://127.0.0.1:8080/t${all}`), undefined);
  for (const [address, problem] of [
    ["tiles", /not an address/],
    [`file:${all}`, /https/],
    [`https://me@tiles.example${all}`, /user/],
    [`https://{x}.example${all}`, /not an address|plain name/],
    ["https://tiles.example/{z}/{y}.png", /\{x\} must/],
  ] as const) {
    t.match(tilesProblem(address), problem, address);
  }
});

t.test("the page's files are sent packed, and not twice", async (t) => {
  const app = appOf();
  const headers = { "accept-encoding": "gzip, deflate, br" };
  const answer = await app.request("/assets/page.js", { headers });
  t.equal(answer.headers.get("content-encoding"), "br");
  const etag = answer.headers.get("etag") ?? "";
  const again = await app.request("/assets/page.js", {
    headers: { ...headers, "if-none-match": etag },
  });
  t.equal(again.status, 304);
});

t.test("what the job view asks for tells no secret", async (t) => {
  const answer = await appOf().request("/api/job");
  const text = await answer.text();
  t.notMatch(text, "hush");
  t.match(JSON.parse(text), {
    config: { workers: "2" },
    actions: ["stop"],
    problems: [{ text: "odd" }],
    deadLetters: [],
  });
});

t.test("maskedConfig() hides secrets wherever they stand", async (t) => {
  const masked = maskedConfig({
    token: "abc-secret",
    proxy: "http://user:abc-secret@proxy:3128/x",
    sink: ["opensearch:https://me:abc-secret@host/"],
    endpoint: "https://host/?X-Amz-Signature=abc-secret&a=1",
    role: undefined,
    workers: 4,
  });
  t.notMatch(JSON.stringify(masked), "abc-secret");
  t.equal(masked["workers"], "4");
  t.notOk("role" in masked);
});

t.test(
  "the live feed is an event stream that begins with a picture",
  async (t) => {
    const app = appOf();
    const answer = await app.request("/api/live?windows=6&precision=6");
    t.equal(answer.headers.get("content-type"), "text/event-stream");
    const reader = answer.body?.getReader();
    let text = "";
    while (!text.includes("data: ")) {
      const { value } = (await reader?.read()) ?? {};
      text += new TextDecoder().decode(value);
    }
    t.match(text, /data: \{"type":"picture","status":\{"version"/);
    await reader?.cancel();
    for (const search of [
      "windows=7&precision=6",
      "windows=6&precision=9",
      "",
    ]) {
      t.equal((await app.request(`/api/live?${search}`)).status, 400, search);
    }
  },
);

t.test("recentLetters() shows the newest, with their records", async (t) => {
  const file = join(t.testdir(), "dead.ndjson");
  t.strictSame(await recentLetters(file), []);
  const lines = Array.from({ length: 3_000 }, (_, i) =>
    deadLetterLine({
      shardId: "shardId-0",
      sequenceNumber: String(i),
      subSequenceNumber: i % 2,
      reason: "not_json",
      bytes: Buffer.from(`record ${i} ${"x".repeat(100)}`),
    }),
  );
  writeFileSync(file, `${lines.join("")}{"shard":`);
  const letters = await recentLetters(file);
  t.equal(letters.length, 50);
  t.match(letters[0], {
    sequenceNumber: "2999.1",
    reason: "not_json",
    text: /^record 2999 x/,
  });
});

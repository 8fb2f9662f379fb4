/**
 * Goal: whatever a cluster answers, each document is there once, as it was
 * fired, or is a dead letter with the cluster's own reason; what trying again
 * can't help ends in one clear line. Method: the sink on a cluster in memory.
 */
import fc from "fast-check";
import t from "tap";
import type {
  OpensearchAuth,
  OpensearchSettings,
} from "../../../../engine/sink/opensearch/opensearch_settings.ts";
import { OpensearchSink } from "../../../../engine/sink/opensearch/opensearch_sink.ts";
import type { DeadLetter, FiredWindow } from "../../../../engine/sink/sink.ts";
import {
  testCredentials,
  testCredentialsSource,
} from "../../../helpers/credentials.ts";
import {
  type Fault,
  MemoryCluster,
  type Script,
} from "../../../helpers/memory_cluster.ts";
import { opensearchSettings } from "../../../helpers/opensearch_settings.ts";
import { JumpingClock } from "../../kinesis/jumping_clock.ts";
import { expectedLines, fired, TAXI, type WindowSpec } from "../windows.ts";

const LATE = { ...TAXI, allowedLatenessMs: 600_000 };
const WINDOW_MS = 600_000;

interface Setup {
  readonly plan?: typeof TAXI;
  readonly settings?: Partial<OpensearchSettings>;
  readonly cluster?: MemoryCluster;
  readonly clock?: JumpingClock;
}

function sinkOn({
  plan = TAXI,
  settings,
  cluster,
  clock = new JumpingClock(),
}: Setup = {}) {
  const memory = cluster ?? new MemoryCluster();
  const said: { level: string; fields: object; message: string }[] = [];
  const say = (level: string) => (fields: object, message: string) =>
    said.push({ level, fields, message });
  const sink = new OpensearchSink({
    plan,
    settings: opensearchSettings(["http://a:9200", "http://b:9200"], settings),
    clock,
    random: () => 0.5,
    transport: memory,
    log: { warn: say("warn"), error: say("error") },
  });
  return { sink, cluster: memory, clock, said };
}

/** A window of pickups of so many cells. */
function pickups(at: number, cells: number, count = 2): WindowSpec {
  const characters = "0123456789bcdefghjkmnpqrstuvwxyz";
  return {
    queryIndex: 0,
    windowStartMs: at * WINDOW_MS,
    rows: Array.from({ length: cells }, (_, i) => ({
      key: [
        `dr${[...i.toString(32).padStart(4, "0")]
          .map((digit) => characters[Number.parseInt(digit, 32)])
          .join("")}`,
      ],
      count,
      accumulators: [],
    })),
  };
}

/** The documents of windows by id, without id and query. */
function documentsOf(specs: readonly WindowSpec[]) {
  const lines = specs.flatMap((spec) => expectedLines(TAXI, spec));
  return new Map(
    lines.map((line) => {
      const { _id, query: _, ...source } = JSON.parse(line);
      return [_id as string, source as Record<string, unknown>];
    }),
  );
}

/** A cluster's documents as the index gives them back: without what it hides. */
function keptIn(cluster: MemoryCluster) {
  return new Map(
    [...cluster.documents].map(([id, { source }]) => {
      const { event_count: _, ...rest } = source;
      return [id, rest];
    }),
  );
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

const windowsOf = (specs: readonly WindowSpec[]): FiredWindow[] =>
  specs.map((spec) => fired(TAXI, spec));

t.test("every document is there once, whatever goes wrong", async (t) => {
  const fault = fc.constantFrom<string>(
    ...["pass", "pass", "lost", "dropped", "busy", "gone", "items", "garbled"],
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fault, { maxLength: 60 }),
      fc.array(fc.integer({ min: 1, max: 200 }), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.record({
        gzip: fc.boolean(),
        poison: fc.integer({ min: 2, max: 50 }),
      }),
      async (faults, sizes, { gzip, poison }) => {
        const { sink, cluster } = sinkOn({ settings: { gzip } });
        await sink.open();
        let turn = 0;
        cluster.turns = () => 1 + (turn % 5);
        const isPoisoned = (cell: unknown) =>
          [...String(cell)].reduce((h, c) => h * 31 + c.charCodeAt(0), 7) %
            poison ===
          0;
        const mapping = (cell: unknown) =>
          isPoisoned(cell)
            ? { status: 400, type: "mapper_parsing_exception", reason: "bad" }
            : undefined;
        cluster.script = (): Fault => {
          switch (faults[turn++]) {
            case "lost":
              return { type: "no_answer", applied: true };
            case "dropped":
              return { type: "no_answer", applied: false };
            case "busy":
              return { type: "answer", status: 429 };
            case "gone":
              return { type: "answer", status: 503, body: "<html>" };
            case "garbled":
              return { type: "answer", status: 200, body: '{"items":[{}]}' };
            case "items":
              return {
                type: "items",
                error: ({ id, source }) =>
                  id.charCodeAt(id.length - 1) % 3 === 0
                    ? { status: 429, type: "rejected", reason: "queue" }
                    : mapping(source["location"]),
              };
            default:
              return {
                type: "items",
                error: ({ source }) => mapping(source["location"]),
              };
          }
        };
        const specs = sizes.map((cells, i) => pickups(i, cells));
        const letters: DeadLetter[] = [];
        for (const spec of specs) {
          await sink.write(windowsOf([spec]));
          letters.push(...sink.takeRefused());
          t.strictSame(sink.takeRefused(), []);
        }
        const expected = documentsOf(specs);
        const dead = new Set<string>();
        for (const [id, { location }] of expected) {
          if (!isPoisoned(location)) continue;
          dead.add(id);
          expected.delete(id);
        }
        for (const id of dead) cluster.documents.delete(id);
        t.strictSame(
          letters.map(({ sequenceNumber }) => sequenceNumber).sort(),
          [...dead].sort(),
        );
        // A request that was applied without an answer has no verdict yet.
        const kept = new Map(
          sorted(keptIn(cluster)).filter(([id]) => !dead.has(id)),
        );
        t.strictSame(sorted(kept), sorted(expected));
        t.strictSame(cluster.overlaps, []);
        const { documents, refused, trouble } = sink.stats();
        t.equal(documents, expected.size);
        t.equal(refused, dead.size);
        t.equal(trouble, null);
        for (const { headers } of cluster.bulks) {
          t.equal(headers["content-type"], "application/x-ndjson");
        }
        await sink.close();
      },
    ),
    { numRuns: 30 },
  );
});

t.test("trip durations have their event count beside them", async (t) => {
  const { sink, cluster } = sinkOn();
  await sink.open();
  const spec: WindowSpec = {
    queryIndex: 1,
    windowStartMs: 0,
    rows: [{ key: ["dr5ru7", "JFK"], count: 3, accumulators: [100] }],
  };
  await sink.write([fired(TAXI, spec)]);
  const [[id, document] = []] = cluster.documents;
  t.equal(id, "trip_duration|599999|dr5ru7|JFK");
  t.strictSame(document?.source, {
    timestamp: 599_999,
    location: "dr5ru7",
    airport_code: "JFK",
    sum_trip_duration: 100,
    avg_trip_duration: 100 / 3,
    event_count: 3,
  });
  const index = cluster.indices.get("taxi-dashboard-trip_duration");
  t.match(index?.mappings, {
    dynamic: "strict",
    _source: { excludes: ["event_count"] },
    properties: {
      location: { type: "geo_point", copy_to: ["location_cell"] },
      location_cell: { type: "keyword" },
      airport_code: { type: "keyword" },
      timestamp: { type: "date" },
    },
  });
});

t.test("a correction has its event count as version", async (t) => {
  const { sink, cluster } = sinkOn({ plan: LATE });
  await sink.open();
  await sink.write(windowsOf([pickups(0, 1, 2), pickups(0, 1, 5)]));
  await sink.write(windowsOf([pickups(0, 1, 9)]));
  // As after a crash: an older one, which is a conflict and counts as written.
  await sink.write(windowsOf([pickups(0, 1, 5)]));
  const [document] = cluster.documents.values();
  t.equal(document?.version, 9);
  t.equal(document?.source["pickup_count"], 9);
  t.equal(cluster.bulks[0]?.items.length, 1, "only the last of a batch");
  t.equal(sink.stats().documents, 3);
  t.strictSame(sink.takeRefused(), []);
});

t.test("what is early is no dead letter yet, and has a version", async (t) => {
  const { sink, cluster } = sinkOn({ settings: { emitsEarly: true } });
  await sink.open();
  cluster.script = () => ({
    type: "items",
    error: () => ({
      status: 400,
      type: "mapper_parsing_exception",
      reason: "",
    }),
  });
  const [window] = windowsOf([pickups(0, 3)]);
  await sink.write([{ ...window!, isEarly: true }]);
  t.strictSame(sink.takeRefused(), []);
  await sink.write([window!]);
  t.equal(sink.takeRefused().length, 3);
  t.equal(cluster.bulks[0]?.items[0]?.version, 2);
});

t.test("413 halves down to one document, a dead letter", async (t) => {
  const { sink, cluster } = sinkOn();
  await sink.open();
  cluster.script = ({ body }, items) =>
    body.length > 2_000 || items.some(({ id }) => id.endsWith("dr0003"))
      ? { type: "answer", status: 413, body: "" }
      : undefined;
  await sink.write(windowsOf([pickups(0, 300)]));
  const [letter, ...others] = sink.takeRefused();
  t.strictSame(others, []);
  t.equal(letter?.reason, "status_413");
  t.equal(letter?.sequenceNumber, "pickup_count|599999|dr0003");
  t.match(Buffer.from(letter!.bytes).toString(), /\n.*"pickup_count":2}\n$/);
  t.equal(cluster.documents.size, 299);
});

t.test("what was too long once is not tried again", async (t) => {
  const { sink, cluster } = sinkOn();
  await sink.open();
  let refused = 0;
  cluster.requestsMax = 100;
  cluster.script = ({ body }) => {
    if (body.length <= 300_000) return undefined;
    refused++;
    return { type: "answer", status: 413, body: "" };
  };
  await sink.write(windowsOf([pickups(0, 30_000)]));
  t.ok(refused > 0 && refused <= 6, `${refused}, of two in flight each`);
  refused = 0;
  await sink.write(windowsOf([pickups(1, 10_000)]));
  t.equal(refused, 0);
  t.strictSame(sink.takeRefused(), []);
  t.equal(cluster.documents.size, 40_000);
});

t.test("Retry-After is obeyed by all requests", async (t) => {
  const { sink, cluster, clock } = sinkOn();
  await sink.open();
  const startMs = clock.monotonicMs();
  const sentAtMs: number[] = [];
  cluster.script = () => {
    sentAtMs.push(clock.monotonicMs() - startMs);
    const headers = { "retry-after": "120" };
    return sentAtMs.length > 1
      ? undefined
      : { type: "answer", status: 503, headers };
  };
  await sink.write(windowsOf([pickups(0, 10)]));
  t.equal(sentAtMs.length, 2);
  t.ok(sentAtMs[1]! >= 120_000, `${sentAtMs}`);
});

t.test("a block is said loudly, and waited for", async (t) => {
  const { sink, cluster, said } = sinkOn();
  await sink.open();
  let left = 20;
  const block = {
    status: 429,
    type: "cluster_block_exception",
    reason: "index [x] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded]",
  };
  let trouble: string | null | undefined;
  cluster.script = () => {
    trouble = sink.stats().trouble;
    return left-- > 0 ? { type: "items", error: () => block } : undefined;
  };
  await sink.write(windowsOf([pickups(0, 3)]));
  t.equal(cluster.documents.size, 3);
  t.match(trouble, /disk usage exceeded.*does not clear by itself/);
  t.equal(sink.stats().trouble, null);
  const errors = said.filter(({ level }) => level === "error");
  t.ok(errors.length >= 1 && errors.length < 20, `${errors.length} times`);
  t.match(errors[0]?.message, /blocked.*nothing is lost/);
  t.match(said.at(-1)?.message, /takes documents again/);
  t.equal(sink.stats().retries, 20);
});

t.test("throttling sends less at once", async (t) => {
  const { sink, cluster } = sinkOn();
  await sink.open();
  let busy = 6;
  let inFlight = 0;
  const taken: number[] = [];
  cluster.script = ({ body }) => {
    if (busy-- > 0) return { type: "answer", status: 429 };
    taken.push(body.length);
    inFlight = Math.max(inFlight, cluster.requestsInFlight);
    return undefined;
  };
  await sink.write(windowsOf([pickups(0, 24_000)]));
  const [first = 0] = cluster.bulks.map(({ bytes }) => bytes);
  t.ok(first > 800_000, `${first}`);
  t.ok(taken.length > 8, `${taken}`);
  t.ok(taken[0]! < first / 3, `${taken}`);
  t.ok(Math.max(...taken) < first * 0.6, `${taken}`);
  t.equal(inFlight, 1);
  t.equal(cluster.documents.size, 24_000);
  t.ok(cluster.requestsInFlightMax <= 2);
});

t.test("a deleted index is made again before it is written to", async (t) => {
  const { sink, cluster } = sinkOn();
  await sink.open();
  cluster.indices.clear();
  await sink.write(windowsOf([pickups(0, 5)]));
  t.equal(cluster.documents.size, 5);
});

t.test("the guard is asked before each request", async (t) => {
  const { sink, cluster } = sinkOn();
  await sink.open();
  let asked = 0;
  cluster.script = () =>
    cluster.bulks.length < 4 ? { type: "answer", status: 503 } : undefined;
  const guard = async () => {
    asked++;
    // Before the index is looked at, and before the body is sent.
    if (asked > 6) throw new Error("lease lost");
  };
  await t.rejects(sink.write(windowsOf([pickups(0, 5)]), guard), {
    message: "lease lost",
  });
  t.equal(cluster.bulks.length, 3);
  t.equal(cluster.documents.size, 0);
});

function sigv4(service: "es" | "aoss" = "es") {
  const credentials = testCredentialsSource();
  const auth: OpensearchAuth = {
    type: "sigv4",
    service,
    region: "eu-west-1",
    credentials,
  };
  return { auth, credentials };
}

const SERVER_AHEAD_MS = 20 * 60_000;

t.test("a refused token is replaced and a wrong clock set, once", async (t) => {
  const { auth, credentials } = sigv4();
  const { sink, cluster, clock } = sinkOn({ settings: { auth } });
  const serverMs = () => clock.nowMs() + SERVER_AHEAD_MS;
  const judge: Script = ({ headers }) => {
    const stamp = headers["x-amz-date"]!.replace(
      /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
      "$1-$2-$3T$4:$5:$6Z",
    );
    const isOnTime = Math.abs(Date.parse(stamp) - serverMs()) < 300_000;
    const isFresh = headers["authorization"]!.includes("key-1/");
    if (isOnTime && isFresh) return undefined;
    return {
      type: "answer",
      status: 403,
      body: {
        message: "The security token included in the request is expired",
      },
      headers: { date: new Date(serverMs()).toUTCString() },
    };
  };
  await sink.open();
  cluster.script = judge;
  let asked = 0;
  await sink.write(windowsOf([pickups(0, 5)]), async () => {
    asked++;
  });
  t.equal(asked, 3, "before the second request as well");
  t.equal(credentials.refreshes, 1);
  t.equal(cluster.documents.size, 5);
  for (const { headers } of cluster.requests) {
    t.match(headers["authorization"], /eu-west-1\/es\/aws4_request/);
    t.match(headers["x-amz-content-sha256"], /^[0-9a-f]{64}$/);
  }
});

t.test("requests refused together wait for one refresh", async (t) => {
  const clock = new JumpingClock();
  const refreshes: Promise<unknown>[] = [];
  let present = testCredentials(0);
  const auth: OpensearchAuth = {
    type: "sigv4",
    service: "es",
    region: "eu-west-1",
    credentials: {
      current: async () => present,
      async refresh() {
        const slow = clock.sleep(3_000);
        refreshes.push(slow);
        await slow;
        present = testCredentials(1);
        return present;
      },
    },
  };
  const { sink, cluster } = sinkOn({ settings: { auth }, clock });
  await sink.open();
  let refused = 0;
  cluster.script = ({ headers }) => {
    if (headers["authorization"]!.includes("key-1/")) return undefined;
    refused++;
    return { type: "answer", status: 403, body: { message: "expired" } };
  };
  await sink.write(windowsOf([pickups(0, 15_000)]));
  t.equal(cluster.requestsInFlightMax, 2);
  t.equal(refused, 2, "each once: the second was sent with fresh ones");
  t.equal(refreshes.length, 1);
  t.equal(cluster.documents.size, 15_000);
});

t.test(
  "a second refusal ends in one line; nothing counts as written",
  async (t) => {
    const { auth, credentials } = sigv4();
    const { sink, cluster } = sinkOn({ settings: { auth } });
    await sink.open();
    cluster.script = () => ({
      type: "answer",
      status: 403,
      body: {
        Message: "User: arn:x is not authorized to perform: es:ESHttpPost",
      },
    });
    await t.rejects(sink.write(windowsOf([pickups(0, 5)])), {
      code: "FD_CREDENTIALS",
      message:
        /^Cannot write to OpenSearch at .* not authorized .* check them, their permissions/,
    });
    t.equal(credentials.refreshes, 1);
    t.equal(sink.stats().documents, 0);
  },
);

t.test("a collection that takes no ids is refused at the start", async (t) => {
  const { auth } = sigv4("aoss");
  const noIds: Script = (_, items) => ({
    type: "items",
    error: () =>
      items.every(({ id }) => id === "")
        ? undefined
        : {
            status: 400,
            type: "illegal_argument_exception",
            reason:
              "Document ID is not supported in create/index operation request",
          },
  });
  const { sink, cluster } = sinkOn({ settings: { auth } });
  cluster.script = (request, items, origin) =>
    items.length > 0 ? noIds(request, items, origin) : undefined;
  await t.rejects(sink.open(), {
    code: "FD_SINK",
    message: /takes no ids of ours .*--opensearch-ids off/,
  });
  t.equal(cluster.documents.size, 0);

  const second = sinkOn({ settings: { auth, hasIds: false } });
  second.cluster.script = cluster.script;
  await second.sink.open();
  await second.sink.write(windowsOf([pickups(0, 5)]));
  t.equal(second.cluster.documents.size, 5);
  t.match(second.said[0]?.message, /without ids/);
  for (const { path } of second.cluster.requests) {
    t.notMatch(path, /simulate|_refresh|_cluster|_bulk\?|^\/$/);
  }
});

t.test(
  "a collection for searching takes ids; the check writes nothing",
  async (t) => {
    const { auth } = sigv4("aoss");
    const { sink, cluster } = sinkOn({ settings: { auth } });
    cluster.script = (_, items) =>
      items.some(({ id }) => id === "flagdrop-check")
        ? {
            type: "items",
            error: () => ({
              status: 400,
              type: "strict_dynamic_mapping_exception",
              reason: "dynamic introduction of [flagdrop_check]",
            }),
          }
        : undefined;
    await sink.open();
    await sink.write(windowsOf([pickups(0, 5)]));
    t.equal(cluster.documents.size, 5);
  },
);

t.test(
  "time goes into the names of indices, made before they are written",
  async (t) => {
    const { sink, cluster } = sinkOn({ settings: { indexTime: "day" } });
    await sink.open();
    t.equal(cluster.indices.size, 0);
    await sink.write(windowsOf([pickups(0, 1), pickups(144, 1)]));
    t.strictSame(
      [...cluster.indices.keys()],
      [
        "taxi-dashboard-pickup_count-1970.01.01",
        "taxi-dashboard-pickup_count-1970.01.02",
      ],
    );
  },
);

t.test("nodes that fail are passed over", async (t) => {
  const { sink, cluster } = sinkOn();
  await sink.open();
  cluster.script = (_request, _items, origin) =>
    origin === "http://a:9200"
      ? { type: "no_answer", applied: false }
      : undefined;
  const before = cluster.requests.length;
  for (let i = 0; i < 20; i++) await sink.write(windowsOf([pickups(i, 1)]));
  const failed = cluster.requests
    .slice(before)
    .filter(({ origin }) => origin === "http://a:9200");
  t.ok(failed.length > 0 && failed.length < 8, `${failed.length}`);
  t.equal(cluster.documents.size, 20);
});

t.test(
  "a body that is refused as a whole is nobody's dead letter",
  async (t) => {
    const { sink, cluster } = sinkOn();
    await sink.open();
    cluster.script = () => ({
      type: "answer",
      status: 400,
      body: {
        error: { type: "illegal_argument_exception", reason: "no gzip" },
      },
    });
    await t.rejects(sink.write(windowsOf([pickups(0, 5)])), {
      code: "FD_SINK",
    });
    t.strictSame(sink.takeRefused(), []);
  },
);

t.test("a cluster that does not come up ends the start", async (t) => {
  const { sink, cluster, clock } = sinkOn();
  cluster.script = () => ({ type: "no_answer", applied: false });
  await t.rejects(sink.open(), {
    code: "FD_NETWORK",
    message: /^Cannot reach OpenSearch at http:\/\/a:9200,http:\/\/b:9200/,
  });
  t.ok(clock.monotonicMs() > 20_000);
});

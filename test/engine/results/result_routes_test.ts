import { Hono } from "hono";
import t from "tap";
import { addResultRoutes } from "../../../engine/results/result_routes.ts";
import type { Results } from "../../../engine/results/results.ts";
import { TAXI } from "../sink/windows.ts";

/** Results that write down what they are asked. */
function recorded(): { asked: object[]; results: Results } {
  const asked: object[] = [];
  return {
    asked,
    results: {
      extent: async () => ({ fromMs: 0, toMs: 5 }),
      cells: async (request) => {
        asked.push(request);
        return { cells: ["dr5ru7"], counts: [3], isCut: false };
      },
      series: async (request) => {
        asked.push(request);
        return [];
      },
    },
  };
}

function askFor(results: Results | undefined) {
  const app = new Hono();
  addResultRoutes(app, { plan: TAXI, results });
  return async (path: string) => {
    const answer = await app.request(path);
    return {
      status: answer.status,
      body: (await answer.json()) as { error?: string },
    };
  };
}

const CELLS = "/api/results/cells?query=pickup_count";

t.test("what there is to ask for is told", async (t) => {
  const { body } = await askFor(recorded().results)("/api/results");
  t.match(body, {
    job: TAXI.name,
    isKept: true,
    extent: { fromMs: 0, toMs: 5 },
    queries: [
      { name: "pickup_count", precision: 6, zones: [] },
      { name: "trip_duration", zones: ["JFK", "LGA"] },
    ],
  });
});

t.test("times, boxes and precisions are understood", async (t) => {
  const { asked, results } = recorded();
  const ask = askFor(results);
  const { status, body } = await ask(
    `${CELLS}&from=2016-01-01T00:00:00Z&to=1451610000000&precision=5&box=-74,40.5,-73.7,41`,
  );
  t.equal(status, 200);
  t.strictSame(body, { cells: ["dr5ru7"], counts: [3], isCut: false });
  t.match(asked, [
    {
      query: "pickup_count",
      range: { fromMs: 1_451_606_400_000, toMs: 1_451_610_000_000 },
      precision: 5,
      box: { westDeg: -74, southDeg: 40.5, eastDeg: -73.7, northDeg: 41 },
    },
  ]);
});

t.test("what is wrong or too much is refused before it is read", async (t) => {
  const { asked, results } = recorded();
  const ask = askFor(results);
  const series = "/api/results/series?query=pickup_count";
  for (const path of [
    `${CELLS}&from=0&to=1`,
    `${CELLS}&from=0&to=1&precision=7`,
    `${CELLS}&from=0&to=1&precision=0`,
    `${CELLS}&from=1&to=1&precision=6`,
    `${CELLS}&from=0&to=99999999999&precision=6`,
    `${CELLS}&from=x&to=1&precision=6`,
    `${CELLS}&from=0&to=1&precision=6&box=1,2,3`,
    `${CELLS}&from=0&to=1&precision=6&box=3,2,1,4`,
    `${CELLS}&from=0&to=1&precision=6&box=-181,2,1,4`,
    `${CELLS}&from=0&to=1&precision=6&limit=5`,
    `${series}&from=0&to=86400000&step=1000`,
    `${series}&from=0&to=1&step=0`,
    `${series}&from=0&to=1&step=60000&cell=aaaaaa`,
    `${series}&from=0&to=1&step=60000&cell=' OR 1`,
  ]) {
    const { status, body } = await ask(path);
    t.equal(status, 400, path);
    t.match(body.error, /^Cannot use "/);
  }
  t.strictSame(asked, []);
});

t.test("a run that keeps nothing says what would help", async (t) => {
  const ask = askFor(undefined);
  t.match(await ask("/api/results"), { status: 200, body: { isKept: false } });
  t.match(await ask(`${CELLS}&from=0&to=1&precision=6`), {
    status: 503,
    body: { error: /--sink duckdb:FILE/ },
  });
});

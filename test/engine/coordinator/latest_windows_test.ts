import t from "tap";
import { LatestWindows } from "../../../engine/coordinator/latest_windows.ts";
import { WindowStore } from "../../../engine/coordinator/window_store.ts";
import { cellOf } from "../../../engine/geo/geohash.ts";
import { flushed, PLAN, type Tallied, WINDOW_MS } from "../../helpers/taxi.ts";

/** The key word of a cell: interleaved bits, as the workers make them. */
function word(lat: number, lon: number, zone = 0): number {
  const { row, column } = cellOf(lat, lon, 6);
  let bits = 0;
  for (let i = 14; i >= 0; i--) {
    bits = bits * 4 + ((column >> i) & 1) * 2 + ((row >> i) & 1);
  }
  return (bits | (zone << 30)) >>> 0;
}

function latestOf(tallied: Tallied[]) {
  const store = new WindowStore(PLAN);
  store.merge(flushed(tallied));
  const latest = new LatestWindows(PLAN);
  for (const window of store.fire(Number.POSITIVE_INFINITY)) latest.add(window);
  return latest.status();
}

t.test(
  "LatestWindows.status() shows the top cells of the newest window",
  async (t) => {
    const list = Array.from(
      { length: 14 },
      (_, i): Tallied => [0, WINDOW_MS, word(40.7 + i * 0.01, -73.98), i + 2],
    );
    const [latest] = latestOf([[0, 0, word(40.7, -73.98), 99], ...list]);
    t.equal(latest?.timestampMs, 2 * WINDOW_MS - 1);
    t.equal(latest?.documents, 14);
    t.same(
      latest?.top.map(({ count }) => count),
      [15, 14, 13, 12, 11, 10, 9, 8, 7, 6],
    );
    t.match(latest?.top[0]?.key, { location: /^dr/ });
  },
);

t.test(
  "LatestWindows.status() averages over all cells of a zone",
  async (t) => {
    const [latest] = latestOf([
      [1, 0, word(40.7, -73.98, 0), 2],
      [1, 0, word(40.8, -73.98, 0), 6],
      [1, 0, word(40.8, -73.98, 1), 3],
    ]);
    // The helper's sums are ten minutes an event.
    t.same(latest?.averageByZone, { JFK: 10, LGA: 10 });
    t.same(latest?.top[0]?.key["airport_code"], "JFK");
  },
);

t.test("LatestWindows.correct() replaces and adds rows", async (t) => {
  const plan = { ...PLAN, allowedLatenessMs: WINDOW_MS };
  const store = new WindowStore(plan);
  const latest = new LatestWindows(plan);
  const [low, middle, high] = [40.7, 40.75, 40.8].map((lat) =>
    word(lat, -73.98),
  ) as [number, number, number];
  store.merge(
    flushed([
      [0, 0, low, 2],
      [0, 0, high, 4],
    ]),
  );
  for (const window of store.fire(WINDOW_MS - 1)) latest.add(window);
  for (const key of [middle, high]) {
    const { windows } = store.merge(flushed([[0, 0, key, 3]]));
    for (const window of windows) latest.correct(window);
  }
  const [status] = latest.status();
  t.equal(status?.documents, 3);
  t.same(
    status?.top.map(({ count }) => count),
    [7, 3, 2],
  );
});

import t from "tap";
import { WindowStore } from "../../../engine/coordinator/window_store.ts";
import { flushed, PLAN, WINDOW_MS } from "../../helpers/taxi.ts";

t.test(
  "WindowStore.fire() fires what the watermark has passed, in order",
  async (t) => {
    const store = new WindowStore(PLAN);
    store.merge(
      flushed([
        [0, WINDOW_MS, 7, 3],
        [1, 0, 7, 2],
        [0, 0, 7, 2],
        [0, 2 * WINDOW_MS, 7, 2],
      ]),
    );
    t.equal(store.windowCount, 4);
    t.equal(store.keyCount, 4);
    t.same(store.fire(WINDOW_MS - 2), []);
    const fired = store.fire(2 * WINDOW_MS - 1);
    t.same(
      fired.map(({ query, timestampMs }) => [query.name, timestampMs]),
      [
        ["pickup_count", WINDOW_MS - 1],
        ["trip_duration", WINDOW_MS - 1],
        ["pickup_count", 2 * WINDOW_MS - 1],
      ],
    );
    t.equal(store.windowCount, 1);
    t.equal(store.keyCount, 1);
  },
);

t.test("WindowStore.merge() adds the parts of several workers", async (t) => {
  const store = new WindowStore(PLAN);
  store.merge(flushed([[1, 0, 7, 1]]));
  store.merge(flushed([[1, 0, 9, 5]]));
  store.merge(flushed([[1, 0, 7, 1]]));
  const [window] = store.fire(Number.POSITIVE_INFINITY);
  t.same([...window!.word0], [7, 9]);
  t.same([...window!.counts], [2, 5]);
  t.same([...window!.accumulators[0]!], [20, 50]);
});

t.test(
  "WindowStore.fire() leaves keys below the least count out and sorts",
  async (t) => {
    const store = new WindowStore(PLAN);
    store.merge(
      flushed([
        [0, 0, 0xf0000000, 2],
        [0, 0, 5, 1],
        [0, 0, 3, 2],
      ]),
    );
    const [window] = store.fire(Number.POSITIVE_INFINITY);
    t.equal(window?.rowCount, 2);
    t.same([...window!.word0], [3, 0xf0000000]);
  },
);

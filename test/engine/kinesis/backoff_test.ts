import t from "tap";
import { backoffMs } from "../../../engine/kinesis/backoff.ts";

t.test(
  "backoffMs() doubles up to its bound, half of it by chance",
  async (t) => {
    const bounds = { firstMs: 100, mostMs: 1_000 };
    const least = (attempt: number) => backoffMs(attempt, bounds, () => 0);
    t.same([1, 2, 3, 4, 5, 100].map(least), [50, 100, 200, 400, 500, 500]);
    t.equal(
      backoffMs(2, bounds, () => 0.5),
      150,
    );
  },
);

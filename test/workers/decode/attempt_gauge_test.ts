import t from "tap";
import { AttemptGauge } from "../../../workers/decode/attempt_gauge.ts";
import {
  GAUGE_CREDIT_MAX,
  GAUGE_REST_MAX,
  GAUGE_REST_MIN,
} from "../../../workers/decode/limits.ts";

/** Records that go by until it tries again. */
function rest(gauge: AttemptGauge): number {
  let records = 0;
  while (!gauge.tries()) records++;
  return records;
}

/** Misses until it rests. */
function exhaust(gauge: AttemptGauge): number {
  let misses = 0;
  while (!gauge.resting) {
    gauge.miss(1);
    misses++;
  }
  return misses;
}

t.test(
  "AttemptGauge rests longer and longer while all is in vain",
  async (t) => {
    const gauge = new AttemptGauge();
    t.ok(gauge.tries());
    t.equal(exhaust(gauge), GAUGE_CREDIT_MAX);
    t.equal(rest(gauge), GAUGE_REST_MIN);
    let longest = 0;
    let tried = 0;
    let rested = 0;
    for (let i = 0; i < 40; i++) {
      tried += exhaust(gauge);
      const records = rest(gauge);
      rested += records;
      longest = Math.max(longest, records);
    }
    t.equal(longest, GAUGE_REST_MAX);
    t.ok(tried < rested / 200, `${tried} tries in ${rested} records`);
  },
);

t.test("AttemptGauge goes on while hits outweigh misses", async (t) => {
  const gauge = new AttemptGauge();
  for (let i = 0; i < 10_000; i++) {
    gauge.miss(2);
    gauge.hit(1);
    gauge.hit(1);
  }
  t.notOk(gauge.resting);
});

t.test(
  "AttemptGauge begins with short rests again once it has served well",
  async (t) => {
    const gauge = new AttemptGauge();
    for (let i = 0; i < 3; i++) {
      exhaust(gauge);
      rest(gauge);
    }
    for (let i = 0; i < GAUGE_CREDIT_MAX; i++) gauge.hit(1);
    exhaust(gauge);
    t.equal(rest(gauge), GAUGE_REST_MIN);
  },
);

t.test("AttemptGauge.refill() ends a rest", async (t) => {
  const gauge = new AttemptGauge();
  exhaust(gauge);
  t.notOk(gauge.tries());
  gauge.refill();
  t.ok(gauge.tries());
  t.equal(exhaust(gauge), GAUGE_CREDIT_MAX);
});

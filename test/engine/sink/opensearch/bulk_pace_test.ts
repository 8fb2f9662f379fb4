/** Goal: what is sent at once follows what the cluster takes, within bounds. */
import t from "tap";
import { BulkPace } from "../../../../engine/sink/opensearch/bulk_pace.ts";
import {
  BULK_BYTES_FIRST,
  BULK_BYTES_MAX,
  BULK_BYTES_MIN,
  BULK_REQUESTS_MAX,
} from "../../../../engine/sink/opensearch/limits.ts";

t.test("it grows by steps while bodies are taken quickly", (t) => {
  const pace = new BulkPace();
  const first = { bytes: pace.bytes, requests: pace.requests };
  for (let i = 0; i < 2_000; i++) pace.taken(pace.bytes, 50);
  t.equal(first.bytes, BULK_BYTES_FIRST);
  t.equal(pace.bytes, BULK_BYTES_MAX);
  t.equal(pace.requests, BULK_REQUESTS_MAX);
  t.end();
});

t.test("slow answers and short bodies let nothing grow", (t) => {
  const pace = new BulkPace();
  for (let i = 0; i < 2_000; i++) pace.taken(pace.bytes, 5_000);
  t.equal(pace.bytes, BULK_BYTES_FIRST);
  t.equal(pace.requests, 2);
  for (let i = 0; i < 10; i++) pace.taken(1_000, 5);
  t.equal(pace.bytes, BULK_BYTES_FIRST);
  t.end();
});

t.test("requests in flight together halve it once", (t) => {
  const pace = new BulkPace();
  for (let i = 0; i < 2_000; i++) pace.taken(pace.bytes, 50);
  const { epoch } = pace;
  for (let i = 0; i < 8; i++) pace.throttled(epoch, "body");
  t.equal(pace.requests, BULK_REQUESTS_MAX / 2);
  for (let i = 0; i < 40; i++) pace.throttled(pace.epoch, "tasks");
  t.equal(pace.requests, 1);
  t.equal(pace.bytes, BULK_BYTES_MAX, "shorter bodies have as many tasks");
  for (let i = 0; i < 40; i++) pace.throttled(pace.epoch, "body");
  t.equal(pace.bytes, BULK_BYTES_MIN);
  t.end();
});

t.test("what is too large is never tried again", (t) => {
  const pace = new BulkPace();
  pace.tooLarge(400_000);
  for (let i = 0; i < 500; i++) pace.taken(pace.bytes, 5);
  t.equal(pace.bytes, 200_000);
  t.end();
});

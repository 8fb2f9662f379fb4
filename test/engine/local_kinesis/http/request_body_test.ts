/** Bodies are bounded, one by one and all together, and are given back. */
import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import t from "tap";
import {
  BodyCollector,
  BrokenOffError,
} from "../../../../engine/local_kinesis/http/request_body.ts";

/** What the collector reads of a request. */
function fakeRequest(contentLength?: number) {
  const stream = new PassThrough();
  return Object.assign(stream, {
    complete: false,
    headers: { "content-length": contentLength?.toString() },
    asRequest() {
      return stream as unknown as IncomingMessage;
    },
    finish() {
      this.complete = true;
      stream.end();
    },
  });
}

t.test("BodyCollector.collect() puts the pieces together", async (t) => {
  const bodies = new BodyCollector();
  const request = fakeRequest();
  const collected = bodies.collect(request.asRequest(), (body) => {
    t.equal(bodies.heldBytes, 6);
    return String(body);
  });
  request.write("abc");
  request.write("def");
  request.finish();
  t.equal(await collected, "abcdef");
  t.equal(bodies.heldBytes, 0);
  const empty = fakeRequest();
  empty.finish();
  t.equal(await bodies.collect(empty.asRequest(), String), "");
});

t.test(
  "BodyCollector.collect() refuses a body that is too large",
  async (t) => {
    const bodies = new BodyCollector({ bodyBytesMax: 10 });
    const announced = fakeRequest(11).asRequest();
    await t.rejects(bodies.collect(announced, String), {
      message: "The request body exceeds 10 bytes.",
    });
    const request = fakeRequest();
    const collected = bodies.collect(request.asRequest(), String);
    request.write("12345");
    request.write("678901");
    await t.rejects(collected, {
      message: "The request body exceeds 10 bytes.",
    });
    t.equal(bodies.heldBytes, 0);
  },
);

t.test(
  "BodyCollector.collect() refuses what is too much at once",
  async (t) => {
    const bodies = new BodyCollector({ bodiesBytesMax: 10 });
    const first = fakeRequest();
    const firstBody = bodies.collect(first.asRequest(), String);
    first.write("12345678");
    await new Promise((resolve) => setImmediate(resolve));
    await t.rejects(bodies.collect(fakeRequest(3).asRequest(), String), {
      message: "Too many requests at once: retry.",
    });
    first.finish();
    t.equal(await firstBody, "12345678");
    const again = fakeRequest(3);
    const againBody = bodies.collect(again.asRequest(), String);
    again.write("abc");
    again.finish();
    t.equal(await againBody, "abc");
  },
);

t.test(
  "BodyCollector.collect() rejects when the client goes away",
  async (t) => {
    const bodies = new BodyCollector();
    const request = fakeRequest();
    const collected = bodies.collect(request.asRequest(), String);
    request.write("abc");
    await new Promise((resolve) => setImmediate(resolve));
    request.destroy();
    await t.rejects(collected, BrokenOffError);
    t.equal(bodies.heldBytes, 0);
  },
);

t.test("BodyCollector gives back what a failing use held", async (t) => {
  const bodies = new BodyCollector();
  const request = fakeRequest();
  const collected = bodies.collect(request.asRequest(), () => {
    throw new TypeError("broken");
  });
  request.write("abc");
  request.finish();
  await t.rejects(collected, TypeError);
  t.equal(bodies.heldBytes, 0);
});

t.test("what is left of a refused body goes by, up to a limit", async (t) => {
  const bodies = new BodyCollector({ bodyBytesMax: 10 });
  const request = fakeRequest(11);
  await t.rejects(bodies.collect(request.asRequest(), String));
  const piece = Buffer.alloc(1024 ** 2);
  let written = 0;
  while (!request.destroyed && written < 100) {
    request.write(piece);
    written++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.equal(written, 65);
});

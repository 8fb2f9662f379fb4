/** Each fault as a client meets it. */
import t from "tap";
import { request } from "undici";
import { parseFaultSpec } from "../../../../engine/local_kinesis/faults/fault_spec.ts";
import type { FaultSpec } from "../../../../engine/local_kinesis/mod.ts";
import { SdkSubscriber, textsOf } from "../subscription/sdk_subscriber.ts";
import { type Body, TestKinesis } from "../test_kinesis.ts";

function one(fault: string, more: Body = {}): FaultSpec {
  return parseFaultSpec({ rules: [{ fault, ...more }] });
}

const NONE: FaultSpec = { seed: 0, rules: [] };

async function start(t: Tap): Promise<TestKinesis> {
  const kinesis = await TestKinesis.start(t, {
    streams: [{ name: "taxi", shardCount: 1 }],
    limits: false,
  });
  await put(kinesis, "a");
  return kinesis;
}

type Tap = { teardown(close: () => Promise<void>): void };

async function put(kinesis: TestKinesis, text: string) {
  return await kinesis.call("PutRecord", {
    StreamName: "taxi",
    Data: Buffer.from(text),
    PartitionKey: "k",
  });
}

t.test("refusals are the service's own", async (t) => {
  const kinesis = await start(t);
  const ShardIterator = await kinesis.iterator("taxi");
  for (const [fault, operation, type, status] of [
    ["throttle", "GetRecords", "ProvisionedThroughputExceededException", 400],
    ["throttle", "ListStreams", "LimitExceededException", 400],
    ["500", "GetRecords", "InternalFailure", 500],
    ["expired", "GetRecords", "ExpiredIteratorException", 400],
  ] as const) {
    kinesis.server.setFaults(one(fault));
    const input = operation === "GetRecords" ? { ShardIterator } : {};
    const refusal = await kinesis.refusal(operation, input);
    t.match(refusal, { type, status });
  }
  kinesis.server.setFaults(one("500"));
  t.equal((await put(kinesis, "b")).status, 500);
  kinesis.server.setFaults(NONE);
  t.same(await kinesis.read("taxi"), ["a"], "what was refused wasn't done");
});

t.test("empty while behind stays where it is", async (t) => {
  const kinesis = await start(t);
  kinesis.clock.advance(3_000);
  kinesis.server.setFaults(one("empty", { countMax: 2 }));
  let ShardIterator = await kinesis.iterator("taxi");
  for (let count = 0; count < 2; count++) {
    const answer = await kinesis.ok("GetRecords", { ShardIterator });
    t.match(answer, { Records: [], MillisBehindLatest: 3_000 });
    ShardIterator = answer["NextShardIterator"];
  }
  const { Records } = await kinesis.ok("GetRecords", { ShardIterator });
  t.equal(Records.length, 1);
});

t.test("lag is told with and without records", async (t) => {
  const kinesis = await start(t);
  kinesis.server.setFaults(one("lag", { delayMs: 5_000 }));
  const ShardIterator = await kinesis.iterator("taxi");
  for (const wire of ["json", "cbor"] as const) {
    const answer = await kinesis.ok("GetRecords", { ShardIterator }, { wire });
    t.match(answer, { MillisBehindLatest: 5_000 });
    t.equal(answer["Records"].length, 1);
    const tip = await kinesis.ok("GetRecords", {
      ShardIterator: answer["NextShardIterator"],
    });
    t.match(tip, { Records: [], MillisBehindLatest: 5_000 });
  }
});

t.test("a cut answer breaks off, and the call is done", async (t) => {
  const kinesis = await start(t);
  kinesis.server.setFaults(one("cut"));
  await t.rejects(put(kinesis, "b"));
  kinesis.server.setFaults(NONE);
  t.same(await kinesis.read("taxi"), ["a", "b"]);
});

t.test("a garbled answer has its length, and other bytes", async (t) => {
  const kinesis = await start(t);
  kinesis.server.setFaults(one("garbled"));
  await t.rejects(put(kinesis, "b"), { name: "SyntaxError" });
});

t.test("a slow answer comes when its time is over", async (t) => {
  const kinesis = await start(t);
  kinesis.server.setFaults(one("slow", { delayMs: 4_000 }));
  const startMs = kinesis.clock.monotonicMs();
  t.equal((await put(kinesis, "b")).status, 200);
  t.equal(kinesis.clock.monotonicMs() - startMs, 4_000);
});

t.test("a hanging call is never answered nor done", async (t) => {
  const kinesis = await start(t);
  kinesis.server.setFaults(one("hang"));
  const hung = put(kinesis, "b");
  for (let struck = 0; struck === 0; ) {
    const { body } = await request(`${kinesis.server.url}/faults`);
    const { counts } = (await body.json()) as Body;
    struck = counts[0];
  }
  kinesis.server.setFaults(NONE);
  t.same(await kinesis.read("taxi"), ["a"]);
  await kinesis.server.close();
  await t.rejects(hung);
});

t.test("faults are set, told and ended over HTTP", async (t) => {
  const kinesis = await start(t);
  const url = `${kinesis.server.url}/faults`;
  const send = async (
    method: "DELETE" | "GET" | "POST",
    body?: string,
    type = "application/json",
  ) => {
    const answer = await request(url, {
      method,
      ...(body === undefined
        ? {}
        : { body, headers: { "content-type": type } }),
    });
    return {
      status: answer.statusCode,
      body: (await answer.body.json()) as Body,
    };
  };
  const rules = '{"seed":3,"rules":[{"fault":"500","countMax":1}]}';
  t.match(await send("POST", rules), { status: 200, body: { seed: 3 } });
  await kinesis.refusal("ListStreams", {});
  await kinesis.ok("ListStreams", {});
  t.match(await send("GET"), { status: 200, body: { counts: [1] } });
  t.match(await send("POST", '{"rules":[{"fault":"x"}]}'), {
    status: 400,
    body: { error: /rules\.0\.fault/ },
  });
  t.match(await send("POST", "{"), { status: 400 });
  t.match(await send("POST", rules, "text/plain"), { status: 400 });
  t.match(await send("GET"), { body: { counts: [1] } }, "nothing was set");
  t.match(await send("DELETE"), { status: 200, body: { rules: [] } });
  await kinesis.ok("ListStreams", {});
});

t.test("over HTTP/2 only the struck call ends", async (t) => {
  const subscriber = await SdkSubscriber.start(t);
  subscriber.kinesis.setFaults(one("cut", { countMax: 1 }));
  await t.rejects(subscriber.put("a"));
  await subscriber.put("b");
  subscriber.kinesis.setFaults(
    one("cut", { operations: ["SubscribeToShard"], countMax: 1 }),
  );
  const read = async () => {
    const events = subscriber.subscribe({ Type: "TRIM_HORIZON" });
    const { value } = await events.next();
    await events.return(undefined);
    return value === undefined ? [] : textsOf(value);
  };
  await read().then(
    (texts) => t.same(texts, []),
    (error: Error) => t.ok(error),
  );
  // The service can't know that the client has gone.
  await t.rejects(read(), { name: "ResourceInUseException" });
});

t.test("faults strike single events of a subscription", async (t) => {
  const subscriber = await SdkSubscriber.start(t, { subscriptionHoldMs: 0 });
  await subscriber.put("a");
  const read = async (fault: FaultSpec, timeoutMs = 2_000) => {
    subscriber.kinesis.setFaults(fault);
    const texts: string[] = [];
    const events = subscriber.subscribe({ Type: "TRIM_HORIZON" });
    const all = (async () => {
      for await (const event of events) texts.push(...textsOf(event));
      return "ended";
    })().catch((error: Error) => error.name);
    const timer = new AbortController();
    const silence = new Promise((resolve) => {
      const handle = setTimeout(() => resolve("silence"), timeoutMs);
      timer.signal.addEventListener("abort", () => clearTimeout(handle));
    });
    const end = await Promise.race([all, silence]);
    timer.abort();
    return { end, texts };
  };
  const struck = (fault: string) =>
    one(fault, { operations: ["SubscribeToShardEvent"], countMax: 1 });
  t.match(await read(struck("500")), { end: "InternalFailure", texts: [] });
  t.match(await read(struck("throttle")), {
    end: "ProvisionedThroughputExceededException",
    texts: [],
  });
  const garbled = await read(struck("garbled"), 300);
  // Its length is another: the SDK waits for what never comes.
  t.match(garbled, { end: "silence", texts: [] });
  t.same((await read(struck("cut"))).texts, []);
  t.match(await read(struck("hang"), 300), { end: "silence", texts: [] });
});

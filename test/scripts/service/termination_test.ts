/**
 * Goal: the end of the instance is seen, once, with tokens only; and the hook
 * is completed. Method: a metadata service and Auto Scaling on loopback.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import t, { type Test } from "tap";
import { completeLifecycleAction } from "../../../scripts/service/lifecycle_action.ts";
import { MetadataService } from "../../../scripts/service/metadata_service.ts";
import {
  type Termination,
  watchTermination,
} from "../../../scripts/service/termination_watch.ts";
import { testCredentialsSource } from "../../helpers/credentials.ts";
import { TickingClock } from "./ticking_clock.ts";

/** A metadata service of version 2: without a token it refuses. */
async function metadataOf(t: Test, values: Map<string, string>) {
  let asked = 0;
  const server = createServer((request, response) => {
    const path = (request.url ?? "").replace("/latest/", "");
    if (request.method === "PUT" && path === "api/token") {
      asked++;
      const ttl = request.headers["x-aws-ec2-metadata-token-ttl-seconds"];
      response.writeHead(ttl === undefined ? 400 : 200).end("token");
      return;
    }
    if (request.headers["x-aws-ec2-metadata-token"] !== "token") {
      response.writeHead(401).end();
      return;
    }
    const value = values.get(path.replace("meta-data/", ""));
    response.writeHead(value === undefined ? 404 : 200).end(value ?? "");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  t.teardown(close);
  const { port } = server.address() as AddressInfo;
  const metadata = new MetadataService({
    AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${port}`,
  });
  return { metadata, close, asked: () => asked };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

for (const [reason, path, value] of [
  [
    "spot interruption",
    "spot/instance-action",
    '{"action": "terminate", "time": "2026-01-05T12:02:00Z"}',
  ],
  ["lifecycle hook", "autoscaling/target-lifecycle-state", "Terminated"],
] as const) {
  t.test(`a ${reason} is seen within one look`, async (t) => {
    const values = new Map([
      ["instance-id", "i-0123"],
      ["autoscaling/target-lifecycle-state", "InService"],
    ]);
    const { metadata, asked } = await metadataOf(t, values);
    const clock = new TickingClock();
    const seen: Termination[] = [];
    const troubles: unknown[] = [];
    watchTermination({
      metadata,
      clock,
      onTermination: (one) => seen.push(one),
      onTrouble: (error) => troubles.push(error),
    });
    clock.advance(5_000);
    await until(() => asked() === 1);
    await metadata.read(["instance-id"]);
    t.strictSame(seen, []);
    values.set(path, value);
    // The look before may still be under way: then this one is left out.
    await until(() => {
      if (seen.length === 0) clock.advance(5_000);
      return seen.length > 0;
    });
    t.strictSame(seen, [{ reason, instanceId: "i-0123" }]);
    const before = asked();
    clock.advance(60_000);
    t.equal(asked(), before, "it looks no more");
    t.strictSame(troubles, []);
  });
}

t.test("no metadata service is told once, and asked again", async (t) => {
  const { metadata, close } = await metadataOf(t, new Map());
  close();
  const clock = new TickingClock();
  const troubles: unknown[] = [];
  const callOff = watchTermination({
    metadata,
    clock,
    onTermination: () => t.fail("nothing was said"),
    onTrouble: (error) => troubles.push(error),
  });
  clock.advance(5_000);
  await until(() => troubles.length > 0);
  for (let i = 0; i < 5; i++) {
    clock.advance(5_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  callOff();
  t.equal(troubles.length, 1);
});

t.test("the lifecycle action is completed by a signed call", async (t) => {
  const requests: { body: string; authorization: string }[] = [];
  let status = 200;
  const server = createServer(async (request, response) => {
    const authorization = request.headers.authorization ?? "";
    requests.push({ body: await text(request), authorization });
    response
      .writeHead(status)
      .end("<Error><Message>No active action</Message></Error>");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const action = {
    hook: "taxi-engine/stop",
    instanceId: "i-0123",
    connection: { region: "eu-west-1", credentials: testCredentialsSource() },
    clock: new TickingClock(),
    endpoint: `http://127.0.0.1:${port}`,
  };
  await completeLifecycleAction(action);
  t.strictSame(Object.fromEntries(new URLSearchParams(requests[0]?.body)), {
    Action: "CompleteLifecycleAction",
    Version: "2011-01-01",
    AutoScalingGroupName: "taxi-engine",
    LifecycleHookName: "stop",
    InstanceId: "i-0123",
    LifecycleActionResult: "CONTINUE",
  });
  t.match(requests[0]?.authorization, /eu-west-1\/autoscaling\/aws4_request/);
  status = 400;
  await t.rejects(completeLifecycleAction(action), {
    message: "400: No active action",
  });
});

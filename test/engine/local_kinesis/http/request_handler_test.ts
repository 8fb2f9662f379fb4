/** What should never happen is a 500 and a line in the log, and no more. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import t from "tap";
import { request } from "undici";
import type { SignatureVerifier } from "../../../../engine/local_kinesis/auth/signature_verifier.ts";
import { FaultSwitch } from "../../../../engine/local_kinesis/faults/fault_switch.ts";
import { BodyCollector } from "../../../../engine/local_kinesis/http/request_body.ts";
import { requestHandler } from "../../../../engine/local_kinesis/http/request_handler.ts";
import { testService } from "../test_service.ts";

t.test("a fault of the server is a 500 InternalFailure", async (t) => {
  const faults: string[] = [];
  const test = testService();
  const verifier = {
    verify() {
      throw new TypeError("broken\nby the test");
    },
  } as unknown as SignatureVerifier;
  const server = createServer(
    requestHandler({
      service: test.service,
      verifier,
      bodies: new BodyCollector(),
      faults: new FaultSwitch(test.clock),
      onRequest: () => {},
      onFault: (line) => faults.push(line),
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { statusCode, headers, body } = await request(
    `http://127.0.0.1:${port}`,
    {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "Kinesis_20131202.ListStreams",
      },
      body: "{}",
    },
  );
  t.equal(statusCode, 500);
  t.equal(headers["x-amzn-errortype"], "InternalFailure");
  t.match(headers["x-amzn-requestid"], /^[0-9a-f-]{36}$/);
  t.same(await body.json(), { __type: "InternalFailure" });
  t.same(faults, ["The local Kinesis failed at a request: broken by the test"]);
});

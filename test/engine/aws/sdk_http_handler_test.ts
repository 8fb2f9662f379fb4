/** Goal: what the SDK asks for goes out unchanged, and its answer comes back. */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import t from "tap";
import { Agent } from "undici";
import { sdkHttpHandler } from "../../../engine/aws/sdk_http_handler.ts";

t.test("sdkHttpHandler() sends a request and gives its answer", async (t) => {
  const seen: unknown[] = [];
  const server = http.createServer(async (request, response) => {
    const { method, url, headers } = request;
    seen.push({
      method,
      url,
      expect: headers["expect"],
      body: await text(request),
    });
    response.writeHead(207, { "x-one": "1", "set-cookie": ["a", "b"] });
    response.end("answer");
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const dispatcher = new Agent();
  t.teardown(async () => {
    await dispatcher.destroy();
    server.close();
  });
  const handler = sdkHttpHandler(dispatcher);
  const request = {
    method: "PUT",
    protocol: "http:",
    hostname: "127.0.0.1",
    port,
    path: "/bucket/key%20one",
    query: { uploads: "", b: ["2", "1"], a: "x y*'é", none: null },
    headers: { Expect: "100-continue", "content-length": "4" },
    body: Buffer.from("data"),
  };
  const { response } = await handler.handle(request);
  t.equal(response.statusCode, 207);
  t.match(response.headers, { "x-one": "1", "set-cookie": "a, b" });
  t.equal(await text(response.body), "answer");
  t.same(seen, [
    {
      method: "PUT",
      url: "/bucket/key%20one?a=x%20y%2A%27%C3%A9&b=2&b=1&none=&uploads=",
      expect: undefined,
      body: "data",
    },
  ]);
  const stopping = new AbortController();
  stopping.abort();
  await t.rejects(handler.handle(request, { abortSignal: stopping.signal }), {
    name: "AbortError",
  });
});

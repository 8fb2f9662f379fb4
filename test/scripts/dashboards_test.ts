/** Goal: dashboards are exported as lines, and installed by Dashboards' own API. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import t from "tap";
import { runHere } from "./run_here.ts";

t.test("dashboards export writes saved objects", async (t) => {
  const { exitCode: code, stdout } = await runHere(["dashboards", "export"]);
  t.equal(code, 0);
  const types = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).type);
  t.strictSame(types, [
    ...["index-pattern", "index-pattern", "visualization", "visualization"],
    "dashboard",
  ]);
});

t.test("dashboards install posts them as a file", async (t) => {
  const seen: { url: string; xsrf: unknown; body: string; auth: unknown }[] =
    [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const { url = "", headers } = request;
    seen.push({
      ...{ url, body, xsrf: headers["osd-xsrf"] },
      auth: headers.authorization,
    });
    response.end('{"success":true,"successCount":5}');
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const auth = `Basic ${Buffer.from("u:p").toString("base64")}`;
  for (const folder of ["", "/_dashboards"]) {
    const url = `http://u:p@127.0.0.1:${port}${folder}`;
    const { exitCode: code, stdout } = await runHere([
      "dashboards",
      "install",
      url,
    ]);
    t.equal(code, 0);
    t.equal(stdout, "5 objects are installed\n");
    const one = seen.pop();
    t.equal(one?.url, `${folder}/api/saved_objects/_import?overwrite=true`);
    t.equal(one?.xsrf, "true");
    t.equal(one?.auth, auth);
    t.match(one?.body, /filename="flagdrop.ndjson"[\s\S]*"type":"dashboard"/);
  }
});

t.test("dashboards says what is missing", async (t) => {
  const { exitCode: code, stderr } = await runHere(["dashboards", "install"]);
  t.equal(code, 2);
  t.match(stderr, /Cannot install without an address/);
});

/**
 * Goal: a connection may end while nobody takes what it brought, and nothing of
 * that is missing. Method: a server that sends at given moments, since the fault
 * in undici needs a last piece that comes when others already wait.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import t from "tap";
import { request } from "undici";
import { eagerBody } from "../../../../engine/replay/source/eager_body.ts";

const PIECES = [10_000, 40_000, 40_000] as const;
const TOTAL = PIECES.reduce<number>((sum, bytes) => sum + bytes, 0);

t.test("a body is whole though its connection ended meanwhile", async (t) => {
  const server = createServer(async (socket: Socket) => {
    await once(socket, "data");
    socket.write(
      `HTTP/1.1 200 OK\r\nContent-Length: ${TOTAL}\r\nConnection: close\r\n\r\n`,
    );
    for (const bytes of PIECES) {
      socket.write(Buffer.alloc(bytes, 97));
      await delay(30);
    }
    socket.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { body } = await request(`http://127.0.0.1:${port}/`);
  let taken = 0;
  for await (const bytes of eagerBody(body)) {
    taken += bytes.length;
    if (taken === PIECES[0]) await delay(300);
  }
  t.equal(taken, TOTAL);
});

t.test("what came before a failure is given first", async (t) => {
  const body = new PassThrough();
  const reading = eagerBody(body);
  const first = reading.next();
  body.write("one");
  t.equal(String((await first).value), "one");
  body.write("two");
  await new Promise(setImmediate);
  body.destroy(new Error("cut"));
  await new Promise(setImmediate);
  t.equal(String((await reading.next()).value), "two");
  await t.rejects(reading.next(), { message: "cut" });
});

t.test("a body that nobody wants any more is let go", async (t) => {
  const body = new PassThrough();
  body.write("one");
  for await (const bytes of eagerBody(body)) {
    t.equal(String(bytes), "one");
    break;
  }
  t.ok(body.destroyed);
});

/**
 * Goal: requests are answered over few connections, and no answer of a server
 * gone wrong is ever taken for another's.
 * Method: a hostile server on loopback; time is turned by hand.
 */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import t, { type Test } from "tap";
import { systemClock } from "../../../../engine/clock.ts";
import { AnswerBuffers } from "../../../../workers/kinesis/answer_buffers.ts";
import { ConnectionPool } from "../../../../workers/kinesis/http/connection_pool.ts";
import {
  CERTIFICATE_PEM,
  KEY_PEM,
} from "../../../engine/aws/test_certificate.ts";
import { settle, TurnedClock } from "../turned_clock.ts";
import {
  type Answer,
  sendInPieces,
  startHostileServer,
} from "./hostile_server.ts";

const NEVER = new AbortController().signal;

function ok(body: string, headers = ""): Buffer {
  return Buffer.from(
    `HTTP/1.1 200 OK\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`,
    "latin1",
  );
}

async function setUp(t: Test, answer: Answer) {
  const server = await startHostileServer(answer);
  const pool = new ConnectionPool({ endpoint: server.endpoint, caPem: "" });
  t.teardown(async () => {
    await pool.close();
    await server.close();
  });
  const clock = new TurnedClock();
  const buffers = new AnswerBuffers();
  const post = async (body = "?", signal: AbortSignal = NEVER) => {
    const answer = await pool.post(
      {
        url: new URL(server.endpoint),
        headers: { a: "b" },
        body: Buffer.from(body),
        deadlineMs: 20_000,
      },
      { buffers, clock, signal },
    );
    const { status, bytes, length } = answer;
    const text = bytes.toString("latin1", 0, length);
    buffers.give(bytes);
    return { status, text };
  };
  return { server, pool, clock, post };
}

t.test("one connection carries many requests", async (t) => {
  const { server, pool, post } = await setUp(t, (socket, request) => {
    socket.write(ok(`answer ${request}`));
  });
  for (let i = 0; i < 20; i++) {
    t.same(await post(), { status: 200, text: `answer ${i}` });
  }
  t.equal(server.connections, 1);
  t.equal(pool.connectionCount, 1);
  t.match(server.requests[0], /^POST \/ HTTP\/1\.1\r\nhost: 127/);
  t.match(server.requests[0], /\r\na: b\r\ncontent-length: 1\r\n\r\n\?$/);
});

t.test("large answers come whole, whatever the pieces", async (t) => {
  const text = "0123456789abcdef".repeat(40_000);
  const bytes = ok(text);
  const cuts = [1, 20, 41, 60, 70_000, 70_001, 300_000, bytes.length - 1];
  const { post } = await setUp(t, (socket) =>
    sendInPieces(socket, bytes, cuts),
  );
  t.ok((await post()).text === text);
  t.ok((await post()).text === text);
});

t.test("requests at the same time have connections of their own", async (t) => {
  const { server, post } = await setUp(t, async (socket) => {
    await new Promise((resolve) => setImmediate(resolve));
    socket.write(ok("x"));
  });
  await Promise.all(Array.from({ length: 10 }, () => post()));
  t.equal(server.connections, 10);
});

t.test(
  "answers that come bit by bit beside each other don't mix",
  async (t) => {
    const textOf = (n: number) => `${n},`.repeat(5_000 + n);
    let count = 0;
    const { server, post } = await setUp(t, async (socket) => {
      const request = count++;
      const text = textOf(request);
      const half = text.length >> 1;
      const parts = [text.slice(0, half), text.slice(half)];
      const chunks = parts.map(
        (part) => `${part.length.toString(16)}\r\n${part}\r\n`,
      );
      const bytes =
        request % 2 === 0
          ? ok(text)
          : Buffer.from(
              `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks.join("")}0\r\n\r\n`,
            );
      const cuts = [1, 12, 40, 46, 48, 50, 60, half, half + 47, half + 52];
      await sendInPieces(socket, bytes, cuts);
    });
    const answers = await Promise.all(Array.from({ length: 8 }, () => post()));
    t.equal(server.connections, 8);
    t.same(
      answers.map(({ text }) => text).sort(),
      Array.from({ length: 8 }, (_, n) => textOf(n)).sort(),
    );
  },
);

t.test("what follows an answer unasked is never another's", async (t) => {
  const { server, post } = await setUp(t, (socket, request) => {
    socket.write(Buffer.concat([ok(`mine ${request}`), ok("smuggled")]));
  });
  t.equal((await post()).text, "mine 0");
  t.equal((await post()).text, "mine 0", "on a connection of its own");
  t.equal(server.connections, 2);
});

t.test("bytes that come while nobody asks end the connection", async (t) => {
  const { pool, post } = await setUp(t, async (socket, request) => {
    socket.write(ok(`mine ${request}`));
    await new Promise((resolve) => setImmediate(resolve));
    socket.write(ok("late"));
  });
  t.equal((await post()).text, "mine 0");
  for (let i = 0; i < 1_000 && pool.connectionCount > 0; i++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.equal((await post()).text, "mine 0", "of a new connection");
});

t.test(
  "a request on a connection closed meanwhile is sent again",
  async (t) => {
    const { server, post } = await setUp(t, (socket, request) => {
      if (request === 0) socket.write(ok("first"));
      else socket.destroy();
    });
    t.equal((await post()).text, "first");
    t.equal((await post()).text, "first");
    t.equal(server.connections, 2);
    t.equal(server.requests.length, 3);
  },
);

t.test("an answer cut short is an error, not an answer", async (t) => {
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from("HTTP/1.1 200 OK\r\ncont"),
    ok("0123456789").subarray(0, -1),
    Buffer.from(
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ),
  ]) {
    const { post } = await setUp(t, (socket) => {
      socket.end(bytes);
    });
    await t.rejects(post(), { name: "KinesisRequestError" });
  }
});

t.test("an answer without a length ends with its connection", async (t) => {
  const { server, post } = await setUp(t, (socket) => {
    socket.end("HTTP/1.1 200 OK\r\n\r\nall of it");
  });
  t.equal((await post()).text, "all of it");
  t.equal((await post()).text, "all of it");
  t.equal(server.connections, 2);
});

t.test("a server that says close is believed", async (t) => {
  const { server, post } = await setUp(t, (socket) => {
    socket.write(ok("x", "Connection: Close\r\n"));
  });
  await post();
  await post();
  t.equal(server.connections, 2);
});

t.test(
  "garbage is an error, and the next request is not its victim",
  async (t) => {
    let count = 0;
    const { post } = await setUp(t, (socket) => {
      socket.write(count++ === 0 ? "HTTP/1.1 200 OK\nbad\r\n\r\n" : ok("good"));
    });
    await t.rejects(post(), { message: /no HTTP\/1\.1/ });
    t.equal((await post()).text, "good");
  },
);

t.test("connections are replaced after five minutes", async (t) => {
  const { server, clock, post } = await setUp(t, (socket) => {
    socket.write(ok("x"));
  });
  for (let i = 0; i < 16; i++) {
    await post();
    await clock.advance(20_000);
  }
  t.equal(server.connections, 2);
});

t.test(
  "an idle connection is not used for longer than the server keeps it",
  async (t) => {
    const { server, clock, post } = await setUp(t, (socket) => {
      socket.write(ok("x", "Keep-Alive: timeout=5\r\n"));
    });
    await post();
    await clock.advance(3_000);
    await post();
    t.equal(server.connections, 1);
    await clock.advance(4_500);
    await post();
    t.equal(server.connections, 2);
  },
);

t.test("an answer that doesn't come is given up at the deadline", async (t) => {
  const { clock, post } = await setUp(t, (socket) => {
    socket.write("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab");
  });
  const waiting = t.rejects(post(), { message: /within 20000 ms/ });
  await settle();
  await clock.advance(20_000);
  await waiting;
});

t.test("a stop cuts what is under way", async (t) => {
  const { post } = await setUp(t, () => {});
  const ending = new AbortController();
  const waiting = t.rejects(post("?", ending.signal), { message: "stopped" });
  await settle();
  ending.abort();
  await waiting;
  await t.rejects(post("?", ending.signal), { message: "stopped" });
});

t.test("nobody listens: a transient error", async (t) => {
  const server = await startHostileServer(() => {});
  await server.close();
  const pool = new ConnectionPool({ endpoint: server.endpoint, caPem: "" });
  await t.rejects(
    pool.post(
      {
        url: new URL(server.endpoint),
        headers: {},
        body: Buffer.alloc(0),
        deadlineMs: 1_000,
      },
      { buffers: new AnswerBuffers(), clock: systemClock, signal: NEVER },
    ),
    { message: /ECONNREFUSED/ },
  );
});

t.test("a header with a line break is never sent", async (t) => {
  const pool = new ConnectionPool({
    endpoint: "http://127.0.0.1:1",
    caPem: "",
  });
  await t.rejects(
    pool.post(
      {
        url: new URL("http://127.0.0.1:1"),
        headers: { a: "b\r\nc: d" },
        body: Buffer.alloc(0),
        deadlineMs: 1_000,
      },
      { buffers: new AnswerBuffers(), clock: systemClock, signal: NEVER },
    ),
    { message: /line break/ },
  );
});

t.test(
  "over TLS: the user's authority is believed, others are not",
  async (t) => {
    const text = "tls ".repeat(100_000);
    const server = createServer(
      { cert: CERTIFICATE_PEM, key: KEY_PEM },
      (_, response) => response.end(text),
    );
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const { port } = server.address() as AddressInfo;
    const endpoint = `https://localhost:${port}`;
    const trusting = new ConnectionPool({ endpoint, caPem: CERTIFICATE_PEM });
    const wary = new ConnectionPool({ endpoint, caPem: "" });
    t.teardown(async () => {
      await trusting.close();
      await wary.close();
      server.closeAllConnections();
      server.close();
    });
    const buffers = new AnswerBuffers();
    const post = {
      url: new URL(endpoint),
      headers: {},
      body: Buffer.from("?"),
      deadlineMs: 5_000,
    };
    const context = { buffers, clock: systemClock, signal: NEVER };
    const { bytes, length } = await trusting.post(post, context);
    t.ok(bytes.toString("latin1", 0, length) === text);
    await t.rejects(wary.post(post, context), { name: "KinesisRequestError" });
  },
);

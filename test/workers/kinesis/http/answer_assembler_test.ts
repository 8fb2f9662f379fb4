/**
 * Goal: an answer comes out the same however its bytes are cut, and what isn't
 * HTTP/1.1 to the letter is refused.
 * Method: bytes are fed in random pieces, or put where the room is.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { AnswerBuffers } from "../../../../workers/kinesis/answer_buffers.ts";
import { AnswerAssembler } from "../../../../workers/kinesis/http/answer_assembler.ts";
import { ANSWER_BYTES_MAX } from "../../../../workers/kinesis/limits.ts";

/** Feeds bytes as a connection does; gives what was left over. */
function assemble(bytes: Buffer, cuts: readonly number[]) {
  const assembler = new AnswerAssembler(new AnswerBuffers());
  let at = 0;
  for (const to of [...cuts, bytes.length]) {
    while (at < to && !assembler.isDone) {
      const room = assembler.room();
      if (room !== undefined) {
        const copied = bytes.copy(room, 0, at, to);
        assembler.filled(copied);
        at += copied;
      } else at += assembler.feed(bytes.subarray(at, to));
    }
  }
  return { assembler, left: bytes.length - at };
}

function whole(text: string | Buffer, cuts: readonly number[] = []) {
  const bytes = Buffer.from(text as string, "latin1");
  const { assembler, left } = assemble(bytes, cuts);
  assembler.end();
  if (!assembler.isDone) return undefined;
  const { status, bytes: body, length, headers } = assembler.take();
  return { status, left, headers, body: body.toString("latin1", 0, length) };
}

function chunkedText(chunks: readonly string[]): string {
  const parts = chunks
    .filter((one) => one !== "")
    .map((one) => `${one.length.toString(16)}\r\n${one}\r\n`);
  return `${parts.join("")}0\r\n\r\n`;
}

const latin1 = fc
  .uint8Array({ maxLength: 3_000 })
  .map((bytes) => Buffer.from(bytes).toString("latin1"));
const cutsOf = fc.array(fc.nat({ max: 4_000 }), { maxLength: 12 });
const ascending = (cuts: readonly number[], most: number) =>
  cuts.filter((one) => one <= most).sort((a, b) => a - b);

t.test("an answer with a length is the same in any pieces", async () => {
  fc.assert(
    fc.property(latin1, cutsOf, latin1, (body, cuts, after) => {
      const text = `HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: ${body.length}\r\n\r\n${body}${after}`;
      const got = whole(text, ascending(cuts, text.length));
      assert.equal(got?.status, 200);
      assert.equal(got.body, body);
      assert.equal(got.left, after.length);
      assert.equal(got.headers["a"], "b");
    }),
  );
});

t.test("a chunked answer is the same in any pieces", async () => {
  fc.assert(
    fc.property(fc.array(latin1, { maxLength: 6 }), cutsOf, (chunks, cuts) => {
      const text = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunkedText(chunks)}`;
      const got = whole(text, ascending(cuts, text.length));
      assert.equal(got?.body, chunks.join(""));
      assert.equal(got.left, 0);
    }),
  );
});

t.test("a small answer is the same cut at every byte", async (t) => {
  for (const text of [
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\nno",
    `HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n`,
    "HTTP/1.1 200 OK\r\n\r\nuntil the end",
    "HTTP/1.1 204 None\r\n\r\n",
  ]) {
    const expected = whole(text);
    assert.ok(expected !== undefined);
    for (let cut = 0; cut <= text.length; cut++) {
      assert.deepEqual(whole(text, [cut]), expected);
    }
    const each = Array.from({ length: text.length }, (_, i) => i);
    t.same(whole(text, each), expected);
  }
});

const body = "\r\n\r\n0\r\n\r\n";
const REFUSED: Readonly<Record<string, string>> = {
  "another protocol": "SSH-2.0-OpenSSH_9.2\r\n\r\n",
  "no status line": `content-length: 3${body}`,
  "another version": `HTTP/2.0 200 OK${body}`,
  "a status of two digits": `HTTP/1.1 20 OK${body}`,
  "a status out of range": `HTTP/1.1 999 OK${body}`,
  "two spaces before the status": `HTTP/1.1  200 OK${body}`,
  "a switch of protocols": "HTTP/1.1 101 Switching\r\n\r\n",
  "interim answers without end": "HTTP/1.1 103 Early\r\n\r\n".repeat(5),
  "two lengths": `HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4${body}`,
  "the same length twice": `HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3${body}`,
  "a list of lengths": `HTTP/1.1 200 OK\r\nContent-Length: 3, 3${body}`,
  "a negative length": `HTTP/1.1 200 OK\r\nContent-Length: -3${body}`,
  "a length with a sign": `HTTP/1.1 200 OK\r\nContent-Length: +3${body}`,
  "a length in hexadecimal": `HTTP/1.1 200 OK\r\nContent-Length: 0x3${body}`,
  "an empty length": `HTTP/1.1 200 OK\r\nContent-Length:${body}`,
  "a length beyond all limits": `HTTP/1.1 200 OK\r\nContent-Length: ${ANSWER_BYTES_MAX + 1}${body}`,
  "length and chunks": `HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked${body}`,
  "another coding": `HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked${body}`,
  "two codings": `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity${body}`,
  "chunks in HTTP/1.0": `HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked${body}`,
  "a compressed body": `HTTP/1.1 200 OK\r\nContent-Encoding: gzip${body}`,
  "a space before the colon": `HTTP/1.1 200 OK\r\nContent-Length : 3${body}`,
  "a folded header": `HTTP/1.1 200 OK\r\nA: b\r\n c: d${body}`,
  "a header without a colon": `HTTP/1.1 200 OK\r\nabc${body}`,
  "a header without a colon before others": `HTTP/1.1 200 OK\r\nabc\r\nContent-Length: 3${body}`,
  "a header without a name": `HTTP/1.1 200 OK\r\n: abc${body}`,
  "a bare line feed in the head": `HTTP/1.1 200 OK\nContent-Length: 3${body}`,
  "a bare carriage return in a header": `HTTP/1.1 200 OK\r\nA: b\rContent-Length: 3${body}`,
  "a zero byte in a header": `HTTP/1.1 200 OK\r\nA: b\0c${body}`,
  "a head without end": `HTTP/1.1 200 OK\r\n${"A: b\r\n".repeat(6_000)}`,
  "too many headers": `HTTP/1.1 200 OK\r\n${"A: b\r\n".repeat(200)}\r\n`,
  "a chunk without a size":
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\nabc\r\n",
  "a chunk with a negative size":
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n",
  "a chunk with 0x before its size":
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n",
  "a chunk with a size of nine digits":
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n000000003\r\nabc\r\n",
  "a chunk's size that ends in a line feed":
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n",
  "a chunk longer than it says":
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
  "a chunk's line without end": `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;${"a".repeat(300)}`,
  "an odd trailer":
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nno header\r\n\r\n",
};

for (const [what, text] of Object.entries(REFUSED)) {
  t.test(`an answer with ${what} is refused`, async (t) => {
    t.throws(() => whole(text), { name: "HttpFormatError" });
    const each = Array.from({ length: text.length }, (_, i) => i);
    t.throws(() => whole(text, each), { name: "HttpFormatError" });
  });
}

t.test("a chunked answer beyond all limits is refused", async (t) => {
  const assembler = new AnswerAssembler(new AnswerBuffers());
  assembler.feed(
    Buffer.from("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
  );
  const mebibyte = Buffer.concat([
    Buffer.from("100000\r\n"),
    Buffer.alloc(2 ** 20),
    Buffer.from("\r\n"),
  ]);
  t.throws(() => {
    for (let i = 0; i <= ANSWER_BYTES_MAX / 2 ** 20; i++) {
      assembler.feed(mebibyte);
    }
  }, /larger than/);
});

t.test("a damaged answer is refused, cut short, or an answer", async () => {
  const text = `HTTP/1.1 200 OK\r\nContent-Type: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunkedText(["abc", "defg"])}`;
  fc.assert(
    fc.property(
      fc.nat({ max: text.length - 1 }),
      fc.nat({ max: 255 }),
      cutsOf,
      (at, byte, cuts) => {
        const bytes = Buffer.from(text, "latin1");
        bytes[at] = byte;
        try {
          whole(bytes, ascending(cuts, bytes.length));
        } catch (error) {
          assert.equal((error as Error).name, "HttpFormatError");
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

/**
 * Goal: the event stream is read as the AWS SDK reads it, wherever chunks are
 * cut, and hostile bytes give one error and nothing else. Method: the SDK's
 * own codec encodes and decodes as the twin; damaged messages get right
 * checksums again, so that more than the checksums is tested.
 */
import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import t from "tap";
import { GarbledAnswerError } from "../../../engine/kinesis/request_error.ts";
import { AnswerBuffers } from "../../../workers/kinesis/answer_buffers.ts";
import { EventStreamReader } from "../../../workers/kinesis/event_stream_reader.ts";
import { messageOf, textHeaders } from "./event_message.ts";
import {
  type SdkHeader,
  type SdkMessage,
  sdkEventCodec,
} from "./sdk_event_codec.ts";

const codec = sdkEventCodec();

interface Read {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string;
}

/** Reads all messages of chunks. */
function read(chunks: readonly Buffer[]): Read[] {
  const reader = new EventStreamReader(new AnswerBuffers());
  const found: Read[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let one = reader.next(); one !== undefined; one = reader.next()) {
      found.push({
        headers: Object.fromEntries(one.headers),
        payload: one.payload.toString("hex"),
      });
      one.release();
    }
  }
  return found;
}

/** What the SDK reads, cut down to what we keep. */
function sdkRead({ headers, body }: SdkMessage): Read {
  const texts = Object.entries(headers).flatMap(([name, { type, value }]) =>
    type === "string" ? [[name, value]] : [],
  );
  return {
    headers: Object.fromEntries(texts),
    payload: Buffer.from(body).toString("hex"),
  };
}

const name = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
  .filter((text) => text !== "__proto__" && Buffer.byteLength(text) <= 255);

const header: fc.Arbitrary<SdkHeader> = fc.oneof(
  fc
    .string({ unit: "grapheme", maxLength: 60 })
    .map((value) => ({ type: "string" as const, value })),
  fc.boolean().map((value) => ({ type: "boolean" as const, value })),
  fc
    .integer({ min: -128, max: 127 })
    .map((value) => ({ type: "byte" as const, value })),
  fc
    .integer({ min: -32_768, max: 32_767 })
    .map((value) => ({ type: "short" as const, value })),
  fc.integer().map((value) => ({ type: "integer" as const, value })),
  fc
    .uint8Array({ maxLength: 40 })
    .map((value) => ({ type: "binary" as const, value })),
  fc
    .date({ min: new Date(0), noInvalidDate: true })
    .map((value) => ({ type: "timestamp" as const, value })),
  fc.uuid().map((value) => ({ type: "uuid" as const, value })),
);

const message: fc.Arbitrary<SdkMessage> = fc.record({
  headers: fc.dictionary(name, header, { maxKeys: 6 }),
  body: fc.uint8Array({ maxLength: 300 }),
});

/** Cuts bytes at places drawn from 0 to 1. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = places
    .map((place) => Math.floor(place * bytes.length))
    .sort((a, b) => a - b);
  return [0, ...at].map((from, index) =>
    bytes.subarray(from, at[index] ?? bytes.length),
  );
}

t.test("messages are read as the SDK reads them, however cut", async (t) => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 4 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }),
      (messages, places) => {
        const encoded = messages.map((one) => Buffer.from(codec.encode(one)));
        const found = read(cut(Buffer.concat(encoded), places));
        const expected = encoded.map((one) => sdkRead(codec.decode(one)));
        assert.deepEqual(found, expected);
      },
    ),
    { numRuns: 300 },
  );
  t.pass();
});

t.test("a changed byte is never read", async (t) => {
  const bytes = Buffer.from(
    codec.encode({
      headers: { ":event-type": { type: "string", value: "x" } },
      body: Buffer.from("payload"),
    }),
  );
  for (let at = 0; at < bytes.length; at++) {
    for (const flip of [1, 0x80]) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ flip;
      t.throws(() => read([damaged]), GarbledAnswerError, `byte ${at}`);
    }
  }
});

t.test("every cut is waited for, and known as one", async (t) => {
  const bytes = messageOf(textHeaders({ a: "b" }), Buffer.from("c"));
  for (let end = 0; end < bytes.length; end++) {
    const reader = new EventStreamReader(new AnswerBuffers());
    reader.push(bytes.subarray(0, end));
    t.equal(reader.next(), undefined);
    t.equal(reader.isInside, end > 0);
  }
});

t.test("hostile headers give our error, or what the SDK reads", async (t) => {
  let readable = 0;
  fc.assert(
    fc.property(
      message,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      fc.nat(6),
      (one, changes, cutOff) => {
        const encoded = Buffer.from(codec.encode(one));
        const headerBytes = encoded.readUInt32BE(4);
        const headers = Buffer.from(encoded.subarray(12, 12 + headerBytes));
        for (const [at, value] of changes) {
          if (headers.length > 0) headers[at % headers.length] = value;
        }
        const kept = headers.subarray(0, Math.max(0, headers.length - cutOff));
        const bytes = messageOf(kept, Buffer.from(one.body));
        let found: Read[];
        try {
          found = read([bytes]);
        } catch (error) {
          if (error instanceof GarbledAnswerError) return;
          throw error;
        }
        readable++;
        const expected = [sdkRead(codec.decode(bytes))];
        assert.deepEqual(found, expected);
      },
    ),
    { numRuns: 2_000 },
  );
  t.ok(readable > 200, `${readable} were readable`);
});

t.test(
  "lengths that can't be are refused before memory is taken",
  async (t) => {
    const buffers = new AnswerBuffers();
    const prelude = (total: number, headers: number) => {
      const changed = Buffer.alloc(12);
      changed.writeUInt32BE(total, 0);
      changed.writeUInt32BE(headers, 4);
      changed.writeUInt32BE(crc32(changed.subarray(0, 8)), 8);
      return changed;
    };
    for (const [total, headers, reason] of [
      [0, 0, /longer than itself/],
      [15, 0, /longer than itself/],
      [100, 85, /longer than itself/],
      [2 ** 32 - 1, 0, /4294967295 bytes/],
      [24 * 1024 * 1024 + 1, 0, /bytes/],
      [1_000_000, 200_000, /200000 bytes of headers/],
    ] as const) {
      const reader = new EventStreamReader(buffers);
      reader.push(prelude(total, headers));
      t.throws(() => reader.next(), { message: reason });
    }
    t.equal(buffers.spareBytes, 0);
  },
);

t.test("headers must be new, named and of a known kind", async (t) => {
  const twice = Buffer.concat([
    textHeaders({ a: "1" }),
    textHeaders({ a: "2" }),
  ]);
  const reasons: [Buffer, RegExp][] = [
    [twice, /"a" is no new name/],
    [Buffer.from([0, 0]), /"" is no new name/],
    [Buffer.from([1, 0x61, 10]), /kind 10 is unknown/],
    [Buffer.from([1, 0x61, 255]), /kind 255 is unknown/],
    [Buffer.from([1, 0x61, 7, 0xff, 0xff, 1]), /cut/],
    [Buffer.from([200, 1]), /cut/],
  ];
  for (const [headers, message] of reasons) {
    t.throws(() => read([messageOf(headers, Buffer.alloc(0))]), { message });
  }
});

t.test(
  "memory comes back, whether a message was read or given up",
  async (t) => {
    const buffers = new AnswerBuffers();
    const reader = new EventStreamReader(buffers);
    const bytes = messageOf(Buffer.alloc(0), Buffer.alloc(70_000));
    reader.push(Buffer.concat([bytes, bytes.subarray(0, 50_000)]));
    const first = reader.next();
    t.equal(first?.payload.length, 70_000);
    t.equal(buffers.spareBytes, 0);
    first?.release();
    t.equal(buffers.spareBytes, 128 * 1024);
    t.equal(reader.next(), undefined);
    t.equal(buffers.spareBytes, 0, "used again");
    reader.close();
    t.equal(buffers.spareBytes, 128 * 1024);
    t.notOk(reader.isInside);
  },
);

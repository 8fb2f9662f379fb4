/**
 * What files are packed with. Goal: every codec gives the very bytes, however
 * they arrive, and a damaged or cut file is an error and never a shorter text.
 * Method: one text packed by others' tools, cut into arbitrary pieces.
 */
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import t from "tap";
import { codecOf, decompress } from "../../../../engine/replay/codec/codec.ts";
import { crc32c } from "../../../../engine/replay/codec/crc32c_kernel.ts";
import { XxHash32 } from "../../../../engine/replay/codec/xxhash32_kernel.ts";
import { XxHash64 } from "../../../../engine/replay/codec/xxhash64_kernel.ts";
import { ZstdDecoder } from "../../../../engine/replay/codec/zstd_decoder.ts";
import { PACKED, packedText } from "./packed_text.ts";

const TEXT = packedText();
const THIRD = Math.floor(TEXT.length / 3);

const FILES = {
  gzip: Buffer.concat([
    gzipSync(TEXT.subarray(0, THIRD)),
    gzipSync(TEXT.subarray(THIRD)),
  ]),
  bzip2: Buffer.from(PACKED.bzip2, "base64"),
  zstd: Buffer.from(PACKED.zstd, "base64"),
  snappy: Buffer.from(PACKED.snappy, "base64"),
  lz4: Buffer.from(PACKED.lz4, "base64"),
} as const;
type Packed = keyof typeof FILES;
const CODECS = Object.keys(FILES) as Packed[];

async function* pieces(bytes: Uint8Array, lengths: readonly number[]) {
  let start = 0;
  for (let i = 0; start < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    yield bytes.slice(start, start + length);
    start += length;
  }
}

async function unpacked(
  codec: Packed,
  bytes: Uint8Array,
  lengths: readonly number[] = [65_536],
): Promise<Buffer> {
  const found: Uint8Array[] = [];
  for await (const piece of decompress(codec, pieces(bytes, lengths))) {
    found.push(piece);
  }
  return Buffer.concat(found);
}

t.test("a codec is told by a file's first bytes", async (t) => {
  for (const codec of CODECS) t.equal(codecOf(FILES[codec]), codec);
  t.equal(codecOf(TEXT), "none");
  t.equal(codecOf(Buffer.from("BZh9 is how this text begins")), "none");
  t.equal(codecOf(Buffer.alloc(0)), "none");
  t.equal(codecOf(Buffer.from([0x1f])), "none");
});

for (const codec of CODECS) {
  t.test(
    `${codec} gives the bytes, whatever pieces they come in`,
    async (t) => {
      const file = FILES[codec];
      t.ok((await unpacked(codec, file)).equals(TEXT));
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 1, max: 3_000 }), {
            minLength: 1,
            maxLength: 20,
          }),
          async (lengths) =>
            (await unpacked(codec, file, lengths)).equals(TEXT),
        ),
        { numRuns: codec === "bzip2" ? 4 : 12 },
      );
    },
  );

  t.test(`${codec} that is cut off is an error`, async (t) => {
    const file = FILES[codec];
    for (const kept of [0.2, 0.5, 0.99]) {
      const cut = file.subarray(0, Math.floor(file.length * kept));
      await t.rejects(unpacked(codec, cut), {
        message: /cut off|unexpected end of file/,
      });
    }
    await t.rejects(unpacked(codec, file.subarray(0, file.length - 1)));
  });

  t.test(
    `${codec} that is damaged never passes for another text`,
    async (t) => {
      const file = FILES[codec];
      // The second frame of Zstandard's has no checksum.
      const checked =
        codec === "zstd" ? file.indexOf("28b52ffd", 4, "hex") : file.length;
      for (let i = 0; i < 12; i++) {
        const at = Math.floor(((i + 0.5) / 12) * checked);
        const bytes = Buffer.from(file);
        bytes.writeUInt8((bytes[at] ?? 0) ^ 0x10, at);
        const text = await unpacked(codec, bytes).catch(() => undefined);
        t.ok(text === undefined || text.equals(TEXT), `${at}`);
      }
    },
  );
}

t.test(
  "a snappy chunk of unknown kind, or too long, is an error",
  async (t) => {
    const start = FILES.snappy.subarray(0, 10);
    for (const [chunk, message] of [
      [[0x02, 0, 0, 0], /unknown type 2/],
      [[0x7f, 0, 0, 0], /unknown type 127/],
      [[0x00, 0xff, 0xff, 0xff], /too long/],
      [[0x01, 3, 0, 0, 1, 2, 3], /too short/],
      [[0xff, 6, 0, 0, 1, 2, 3, 4, 5, 6], /identifier/],
      [[0x01, 5, 0, 0, 1, 2, 3, 4, 5], /checksum/],
    ] as const) {
      const file = Buffer.concat([start, Buffer.from(chunk)]);
      await t.rejects(unpacked("snappy", file), { message });
    }
    await t.rejects(unpacked("snappy", Buffer.from([0xfe, 0, 0, 0])), {
      message: /does not begin/,
    });
  },
);

t.test("checksums are those of their kind", async (t) => {
  t.equal(crc32c(Buffer.from("123456789")), 0xe3069283);
  t.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  const hash = (pieces: readonly string[]) => {
    const xxh = new XxHash32();
    for (const piece of pieces) xxh.add(Buffer.from(piece));
    return xxh.value();
  };
  t.equal(hash([]), 0x02cc5d05);
  t.equal(hash(["a"]), 0x550d7456);
  t.equal(hash(["abc"]), 0x32d153ff);
  t.equal(hash(["Nobody inspects", " the spammish repetition"]), 0xe2293b2f);
});

/** xxHash64 as its description has it, of BigInts alone. */
function plainXxHash64(bytes: Buffer): bigint {
  const [p1, p2, p3, p4, p5] = [
    0x9e3779b185ebca87n,
    0xc2b2ae3d27d4eb4fn,
    0x165667b19e3779f9n,
    0x85ebca77c2b2ae63n,
    0x27d4eb2f165667c5n,
  ] as const;
  const cut = (value: bigint) => BigInt.asUintN(64, value);
  const turn = (value: bigint, bits: bigint) =>
    cut((value << bits) | (cut(value) >> (64n - bits)));
  const round = (lane: bigint, input: bigint) =>
    cut(turn(cut(lane + input * p2), 31n) * p1);
  const lanes = [cut(p1 + p2), p2, 0n, cut(-p1)];
  let at = 0;
  for (; at + 32 <= bytes.length; at += 32) {
    for (let i = 0; i < 4; i++) {
      lanes[i] = round(lanes[i] ?? 0n, bytes.readBigUInt64LE(at + 8 * i));
    }
  }
  let h: bigint = p5;
  if (bytes.length >= 32) {
    const bits = [1n, 7n, 12n, 18n];
    h = cut(lanes.reduce((sum, one, i) => sum + turn(one, bits[i] ?? 0n), 0n));
    for (const lane of lanes) h = cut((h ^ round(0n, lane)) * p1 + p4);
  }
  h = cut(h + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8) {
    h ^= round(0n, bytes.readBigUInt64LE(at));
    h = cut(turn(h, 27n) * p1 + p4);
  }
  if (at + 4 <= bytes.length) {
    h ^= cut(BigInt(bytes.readUInt32LE(at)) * p1);
    h = cut(turn(h, 23n) * p2 + p3);
    at += 4;
  }
  for (; at < bytes.length; at++) {
    h ^= cut(BigInt(bytes.readUInt8(at)) * p5);
    h = cut(turn(h, 11n) * p1);
  }
  h = cut((h ^ (h >> 33n)) * p2);
  h = cut((h ^ (h >> 29n)) * p3);
  return h ^ (h >> 32n);
}

t.test("XxHash64 is xxHash64, in whatever pieces", async (t) => {
  t.equal(plainXxHash64(Buffer.alloc(0)), 0xef46db3751d8e999n);
  t.equal(plainXxHash64(Buffer.from("abc")), 0x44bc2cf5ad770999n);
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 90 }), { maxLength: 6 }),
      (parts) => {
        const hash = new XxHash64();
        for (const part of parts) hash.add(part);
        const whole = plainXxHash64(Buffer.concat(parts));
        t.equal(BigInt(hash.lowerHalf()), whole & 0xffff_ffffn);
      },
    ),
  );
});

t.test("ZstdDecoder tells a content that is not the one packed", async (t) => {
  const file = FILES.zstd;
  const frameEnd = file.indexOf("28b52ffd", 4, "hex");
  const decoded = (bytes: Buffer) => {
    const decoder = new ZstdDecoder();
    return Buffer.concat([...decoder.push(bytes), ...decoder.end()]);
  };
  t.ok(decoded(file).equals(TEXT));
  for (let at = 4; at < frameEnd; at += 3) {
    const bytes = Buffer.from(file);
    bytes.writeUInt8((bytes[at] ?? 0) ^ 0x01, at);
    let text: Buffer | undefined;
    try {
      text = decoded(bytes);
    } catch {
      // It was told.
    }
    t.ok(text === undefined || text.equals(TEXT), `${at}`);
  }
  // A raw block whose bytes are others: nothing but the checksum can tell.
  const raw = Buffer.from("28b52ffd2403190000616263", "hex");
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(0xad770999);
  t.equal(decoded(Buffer.concat([raw, checksum])).toString(), "abc");
  raw.write("abd", raw.length - 3);
  t.throws(() => decoded(Buffer.concat([raw, checksum])), {
    message: "it is damaged (a checksum does not match)",
  });
});

t.test("ZstdDecoder allots no more than others do", async (t) => {
  const decoded = (hex: string) => {
    const decoder = new ZstdDecoder();
    const bytes = Buffer.from(`28b52ffd${hex}`, "hex");
    return Buffer.concat([...decoder.push(bytes), ...decoder.end()]);
  };
  // One byte, as often as a block may have it, and once more.
  t.ok(decoded("003803001061").equals(Buffer.alloc(131_072, "a")));
  for (const block of ["0b001061", "fbffff61", "09001061", "0d001061"]) {
    t.throws(() => decoded(`0038${block}`), {
      message: "it is damaged (a block is too long)",
    });
  }
  // Windows of a GiB, and contents of 256 MiB and 4 GiB in one.
  for (const header of ["00a0", "a000000010", "e00000000001000000"]) {
    t.throws(() => decoded(`${header}190000616263`), {
      message: "it takes a window of more than 128 MiB",
    });
  }
});

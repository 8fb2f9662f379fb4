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
      for (let i = 0; i < 12; i++) {
        const at = Math.floor(((i + 0.5) / 12) * file.length);
        const bytes = Buffer.from(file);
        bytes.writeUInt8((bytes[at] ?? 0) ^ 0x10, at);
        const text = await unpacked(codec, bytes).catch(() => undefined);
        // Zstandard's checksum is not looked at by the JavaScript decoder.
        if (codec !== "zstd")
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

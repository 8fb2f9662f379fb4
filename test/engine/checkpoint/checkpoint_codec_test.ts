import t from "tap";
import {
  decodeCheckpoint,
  encodeCheckpoint,
} from "../../../engine/checkpoint/checkpoint_codec.ts";
import { sampleCheckpoint } from "../../helpers/checkpoint.ts";

t.test("decodeCheckpoint() gives back what was encoded", async (t) => {
  const bytes = encodeCheckpoint(sampleCheckpoint(3));
  t.strictSame(decodeCheckpoint(bytes, "x"), sampleCheckpoint(3));
});

t.test("decodeCheckpoint() refuses any damage", async (t) => {
  const bytes = encodeCheckpoint(sampleCheckpoint(3));
  for (let length = 0; length < bytes.length; length += 7) {
    t.throws(() => decodeCheckpoint(bytes.subarray(0, length), "x"), {
      code: "FD_STORE",
    });
  }
  for (let at = 0; at < bytes.length; at += 5) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 0x10;
    t.throws(
      () => decodeCheckpoint(damaged, "x"),
      { code: "FD_STORE" },
      `${at}`,
    );
  }
});

t.test("decodeCheckpoint() names another version", async (t) => {
  const bytes = encodeCheckpoint(sampleCheckpoint(3));
  bytes.writeUInt32LE(99, 8);
  t.throws(() => decodeCheckpoint(bytes, "x"), /has format 99/);
});

t.test("decodeCheckpoint() reads format 3, without arrivals", async (t) => {
  const bytes = encodeCheckpoint(sampleCheckpoint(3));
  bytes.writeUInt32LE(3, 8);
  const { merger } = decodeCheckpoint(bytes, "x");
  t.equal(merger.windowArrivals, undefined);
});

import t from "tap";
import { decodeCbor } from "../../../engine/kinesis/cbor_reader.ts";
import { encodeRequest } from "../../../engine/kinesis/reading_request.ts";

const FIELDS = {
  ShardId: "shardId-000000000000",
  Limit: 10_000,
  Timestamp: { epochMs: 1_451_606_400_123 },
};

t.test(
  "encodeRequest() writes CBOR with times in milliseconds under tag 1",
  async (t) => {
    const bytes = encodeRequest(FIELDS, "cbor");
    t.ok(bytes.includes(Buffer.from("c11b", "hex")), "tag 1, 64-bit integer");
    t.same(decodeCbor(bytes), { ...FIELDS, Timestamp: 1_451_606_400_123 });
  },
);

t.test("encodeRequest() writes JSON with times in seconds", async (t) => {
  t.same(JSON.parse(encodeRequest(FIELDS, "json").toString()), {
    ...FIELDS,
    Timestamp: 1_451_606_400.123,
  });
});

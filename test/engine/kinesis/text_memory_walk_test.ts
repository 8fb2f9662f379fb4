/**
 * Goal: plain records are taken by the walk in WebAssembly, not left to those
 * that walk the rest; and more of them than it has rows for are found all the
 * same. Method: answers of plain records, and what the last walk says it took.
 */
import assert from "node:assert/strict";
import t from "tap";
import { walkGetRecordsCbor } from "../../../engine/kinesis/get_records_cbor.ts";
import { walkGetRecordsJson } from "../../../engine/kinesis/get_records_json.ts";
import { RecordColumns } from "../../../engine/kinesis/record_columns.ts";
import { TextMemory } from "../../../engine/kinesis/text_memory_kernel.ts";
import { WALK_ROWS } from "../../../engine/kinesis/walk_code.ts";
import {
  type ModelAnswer,
  modelOf,
  PLAIN,
  toCbor,
  toJson,
} from "./wire_answer.ts";

function answerOf(count: number): ModelAnswer {
  return {
    records: Array.from({ length: count }, (_, index) => ({
      data: Buffer.from(`{"index":${index}}`),
      sequenceNumber: `4959${String(index).padStart(52, "0")}`,
      partitionKey: `key-${index % 7}`,
      arrivalMs: 1_451_606_400_123 + index,
    })),
    nextShardIterator: "AAAA",
    millisBehindLatest: 0,
    childShards: [],
  };
}

const WAYS = {
  CBOR: {
    walk: walkGetRecordsCbor,
    encode: (a: ModelAnswer) => toCbor(a, PLAIN),
  },
  JSON: { walk: walkGetRecordsJson, encode: (a: ModelAnswer) => toJson(a) },
};

for (const [name, { walk, encode }] of Object.entries(WAYS)) {
  for (const count of [1, 300, WALK_ROWS + 100]) {
    t.test(`${name}: ${count} plain records are walked at once`, async (t) => {
      const memory = TextMemory.open({ length: 4 * 1024 * 1024 });
      assert(memory !== undefined);
      const columns = new RecordColumns(memory);
      const answer = answerOf(count);
      const encoded = encode(answer);
      walk(Buffer.from(encoded), encoded.length, columns);
      t.equal(memory.walkedRows, Math.min(count, WALK_ROWS));
      t.same(modelOf(columns), answer);
    });
  }
}

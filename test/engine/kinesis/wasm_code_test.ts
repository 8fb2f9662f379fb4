/** Goal: memory that can't be had is told, and nothing thrown. */
import t from "tap";
import { openMemory } from "../../../engine/kinesis/wasm_code.ts";

t.test("openMemory() gives none where there is not so much", async (t) => {
  t.equal(openMemory(65_537)?.buffer.byteLength, 2 * 65_536);
  t.equal(openMemory(2 ** 40), undefined);
});

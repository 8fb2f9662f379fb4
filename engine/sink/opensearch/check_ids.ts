/**
 * Finds out whether a serverless collection takes documents with ids.
 *
 * @module
 */
import { refusedItems } from "./bulk_answer.ts";
import { fatalError } from "./fatal_error.ts";
import { patientRequest, type Requester } from "./patient_request.ts";
import { refusalOf } from "./refusal.ts";

/**
 * Sends a document that no mapping of ours takes: a collection for searching
 * refuses its field, the other types refuse its id first. Nothing is written.
 *
 * @param index An index with one of our mappings.
 * @throws {FlagdropError} `FD_SINK` when ids are refused.
 */
export async function checkIds(
  requester: Requester,
  index: string,
): Promise<void> {
  const body = `{"index":{"_index":"${index}","_id":"flagdrop-check"}}\n{"flagdrop_check":1}\n`;
  const answer = await patientRequest(requester, {
    method: "POST",
    path: "/_bulk",
    contentType: "application/x-ndjson",
    body: Buffer.from(body),
  });
  const refusal =
    answer.status < 300
      ? refusedItems(answer.bytes, 1)[0]?.refusal
      : refusalOf(answer);
  if (refusal?.kind !== "no_ids") return;
  throw fatalError("write to", requester.client.name, refusal);
}

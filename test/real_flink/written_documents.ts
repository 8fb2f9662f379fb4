/** Documents as files hold them, in an order. */
import { documentsIn } from "../../perf/peers/written_documents.ts";

/** Documents in the order of their ids, so that sets can be compared. */
export function sortedDocuments(path: string): unknown[] {
  return [...documentsIn(path)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, document]) => document);
}

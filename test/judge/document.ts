/**
 * Documents as the tests compare them.
 *
 * @module
 */

/** An output document, its id and query first, as an NDJSON line has it. */
export interface Document {
  readonly _id: string;
  readonly [field: string]: string | number;
}

/** Documents by `_id`. */
export type Documents = ReadonlyMap<string, Document>;

function same(one: Document, other: Document): boolean {
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => one[key] === other[key])
  );
}

/** How many differences are told; one fault can touch every document. */
const TOLD_MAX = 10;

/**
 * Compares documents one by one.
 *
 * @returns One line for each difference, at most ten and then the number of
 *   the rest; none when both are equal.
 */
export function documentDifferences(
  actual: Documents,
  expected: Documents,
): string[] {
  const differences: string[] = [];
  for (const [id, document] of expected) {
    const found = actual.get(id);
    const want = JSON.stringify(document);
    if (found === undefined) differences.push(`missing ${want}`);
    else if (!same(found, document)) {
      differences.push(`${JSON.stringify(found)} instead of ${want}`);
    }
  }
  for (const [id, document] of actual) {
    if (!expected.has(id)) {
      differences.push(`not expected ${JSON.stringify(document)}`);
    }
  }
  const rest = differences.length - TOLD_MAX;
  if (rest <= 0) return differences;
  return [...differences.slice(0, TOLD_MAX), `and ${rest} more`];
}

/**
 * Documents of an NDJSON text.
 *
 * @throws {Error} When a line is no JSON, or an `_id` comes twice.
 */
export function parseNdjson(text: string): Documents {
  const documents = new Map<string, Document>();
  if (text !== "" && !text.endsWith("\n")) {
    throw new Error("Cannot read NDJSON as its last line has no end");
  }
  for (const line of text.split("\n").slice(0, -1)) {
    const document = JSON.parse(line) as Document;
    const id = document._id;
    if (documents.has(id))
      throw new Error(`Cannot read NDJSON: ${id} is doubled`);
    documents.set(id, document);
  }
  return documents;
}

/** Documents as files hold them, by id. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";

function linesOf(path: string): string[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "");
}

/** Files that Flink has finished in a folder, at any depth. */
function finishedFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .filter((path) => !/^[._]/.test(basename(path)));
}

/**
 * Parsed documents of a file or of a folder's finished files.
 *
 * @throws {Error} When an id is there twice.
 */
function documentsIn(path: string): Map<string, unknown> {
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  const files = isFolder ? finishedFiles(path) : [path];
  const documents = new Map<string, unknown>();
  for (const line of files.flatMap(linesOf)) {
    const document = JSON.parse(line) as { _id: string };
    if (documents.has(document._id)) {
      throw new Error(`document ${document._id} is there twice`);
    }
    documents.set(document._id, document);
  }
  return documents;
}

/** Documents in the order of their ids, so that sets can be compared. */
export function sortedDocuments(path: string): unknown[] {
  return [...documentsIn(path)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, document]) => document);
}

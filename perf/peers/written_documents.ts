/**
 * Documents as files hold them: ours in one, Flink's in a folder of parts.
 *
 * @module
 */
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

/** A document as a file holds it. */
export type WrittenDocument = Readonly<Record<string, unknown>> & {
  readonly _id: string;
};

/**
 * Parsed documents of a file or of a folder's finished files, by id; none of
 * what isn't there yet.
 *
 * @throws {Error} When an id is there twice.
 */
export function documentsIn(path: string): Map<string, WrittenDocument> {
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  const isThere = existsSync(path);
  const files = isFolder ? finishedFiles(path) : isThere ? [path] : [];
  const documents = new Map<string, WrittenDocument>();
  for (const line of files.flatMap(linesOf)) {
    const document = JSON.parse(line) as WrittenDocument;
    if (documents.has(document._id)) {
      throw new Error(`document ${document._id} is there twice`);
    }
    documents.set(document._id, document);
  }
  return documents;
}

/** The same, each document's members as text: whatever their order. */
export function documentTextsIn(path: string): Map<string, string> {
  return new Map(
    [...documentsIn(path)].map(([id, document]) => [
      id,
      JSON.stringify(Object.entries(document).sort()),
    ]),
  );
}

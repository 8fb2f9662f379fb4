/**
 * Where the page is of the run that has a store open: told by a small file
 * beside the store, as the store itself opens for one process only.
 *
 * @module
 */
import { readFile, rm, writeFile } from "node:fs/promises";
import { z } from "zod";

const SUFFIX = ".page";
/** Of the file: more is none of ours. */
const TEXT_LENGTH_MAX = 1_024;

const PAGE = z.object({
  /** The process that has the store open. */
  pid: z.int().positive(),
  /** Of its page. */
  url: z.url({ protocol: /^https?$/ }),
});

/**
 * Tells where a store's page is.
 *
 * @param store The store's file.
 * @param url Of the page that this process serves.
 * @returns What takes it back.
 */
export async function tellStorePage(
  store: string,
  url: string,
): Promise<() => Promise<void>> {
  const path = store + SUFFIX;
  await writeFile(path, `${JSON.stringify({ pid: process.pid, url })}\n`);
  return () => rm(path, { force: true });
}

/**
 * The page of the process that has a store open; undefined when it told none.
 * What a killed process has left behind names another process.
 *
 * @param store The store's file.
 * @param pid The process that has it open.
 */
export async function storePage(
  store: string,
  pid: number,
): Promise<string | undefined> {
  try {
    const text = await readFile(store + SUFFIX, "utf8");
    if (text.length > TEXT_LENGTH_MAX) return undefined;
    const { data } = PAGE.safeParse(JSON.parse(text));
    return data?.pid === pid ? data.url : undefined;
  } catch {
    return undefined;
  }
}

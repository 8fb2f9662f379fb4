/**
 * The page's own files, as `npm run build` has made them.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** One file, ready to be sent. */
export interface PageFile {
  readonly contentType: string;
  readonly etag: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer>;
  readonly brotli: Uint8Array<ArrayBuffer>;
}

/** The files by their address. */
const FILES: Readonly<Record<string, readonly [name: string, type: string]>> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/assets/page.js": ["page.js", "text/javascript; charset=utf-8"],
  "/assets/style.css": ["style.css", "text/css; charset=utf-8"],
  "/assets/icon.svg": ["icon.svg", "image/svg+xml"],
  "/assets/boroughs.json": ["boroughs.json", "application/json"],
  "/assets/licenses.txt": ["licenses.txt", "text/plain; charset=utf-8"],
};

/** Addresses of the page's files. */
export const PAGE_PATHS: readonly string[] = Object.keys(FILES);

/** The folder that the build puts them in, also when run from the sources. */
function folderUrl(): URL {
  const beside = new URL("assets/", import.meta.url);
  if (existsSync(fileURLToPath(beside))) return beside;
  return new URL("../../dist/engine/dashboard/assets/", import.meta.url);
}

const loaded = new Map<string, Promise<PageFile>>();

async function load(name: string, contentType: string): Promise<PageFile> {
  const plain = Uint8Array.from(await readFile(new URL(name, folderUrl())));
  const digest = createHash("sha256").update(plain).digest("base64url");
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 6 };
  return {
    contentType,
    etag: `"${digest.slice(0, 22)}"`,
    plain,
    gzip: Uint8Array.from(gzipSync(plain)),
    brotli: Uint8Array.from(brotliCompressSync(plain, { params: quality })),
  };
}

/**
 * One of the page's files, read once.
 *
 * @param path One of {@linkcode PAGE_PATHS}.
 */
export function pageFile(path: string): Promise<PageFile> {
  const [name, contentType] = FILES[path] ?? ["", ""];
  let file = loaded.get(path);
  if (file === undefined) {
    file = load(name, contentType);
    loaded.set(path, file);
    // A file that is missing now may be there later.
    file.catch(() => loaded.delete(path));
  }
  return file;
}

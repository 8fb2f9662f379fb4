/**
 * Serves the page's own files.
 *
 * @module
 */
import type { Context, Hono } from "hono";
import { PAGE_PATHS, type PageFile, pageFile } from "./page_files.ts";

/**
 * Nothing but this server's own files runs, is shown or is asked, and images
 * of one origin that the user named. Trusted Types are on: no text ever becomes
 * a script.
 */
function policyOf(tiles: string | undefined): string {
  const images = tiles === undefined ? "" : ` ${new URL(tiles).origin}`;
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src 'self'${images}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

function encoded(
  accepted: string,
  { brotli, gzip, plain }: PageFile,
): { body: Uint8Array<ArrayBuffer>; encoding?: string } {
  if (/\bbr\b/.test(accepted)) return { body: brotli, encoding: "br" };
  if (/\bgzip\b/.test(accepted)) return { body: gzip, encoding: "gzip" };
  return { body: plain };
}

async function answer(
  c: Context,
  path: string,
  policy: string,
): Promise<Response> {
  const file = await pageFile(path);
  c.header("content-security-policy", policy);
  // Asked for anew each time, and only sent when it has changed.
  c.header("cache-control", "no-cache");
  c.header("etag", file.etag);
  c.header("vary", "accept-encoding");
  if (c.req.header("if-none-match") === file.etag) return c.body(null, 304);
  const { body, encoding } = encoded(
    c.req.header("accept-encoding") ?? "",
    file,
  );
  if (encoding !== undefined) c.header("content-encoding", encoding);
  c.header("content-type", file.contentType);
  return c.body(body);
}

/**
 * Adds the page to an app.
 *
 * @param tiles Address of raster tiles that the page may load, if any.
 */
export function addPageRoutes(app: Hono, tiles?: string): void {
  const policy = policyOf(tiles);
  for (const path of PAGE_PATHS) app.get(path, (c) => answer(c, path, policy));
}

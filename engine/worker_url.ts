/**
 * Address of a worker thread's entry file in `workers/`.
 *
 * The compiler rewrites `.ts` in imports but not in `new URL(...)`, so the
 * extension is taken from this very file: `.ts` under a loader, `.js` when
 * built.
 *
 * @param name File name without extension, e.g. `"shard_worker"`.
 * @returns A `file:` address.
 */
export function workerUrl(name: string): string {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`../workers/${name}.${extension}`, import.meta.url).href;
}

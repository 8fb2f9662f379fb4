/**
 * Reads an answer's body as fast as it comes, whoever takes it.
 *
 * undici ends the whole process (`assert(!this.paused)`) when the other side
 * closes a connection while its reader is made to wait, with an answer that says
 * `Connection: close` (its issue 5360; mended in version 8, which Node 20 can't
 * run). So nobody makes it wait: what came lies here, and a request asks for no
 * more than may lie here.
 *
 * @module
 */
import type { Readable } from "node:stream";

/**
 * What came, in order, and then the body's failure, if it had one.
 *
 * @param body It is taken over.
 */
export async function* eagerBody(
  body: Readable,
): AsyncGenerator<Uint8Array, void> {
  let chunks: Uint8Array[] = [];
  let hasEnded = false;
  let failure: Error | undefined;
  let wake = () => {};
  const woken = (change: () => void) => {
    change();
    wake();
  };
  body.on("data", (bytes: Uint8Array) => woken(() => chunks.push(bytes)));
  body.on("error", (error: Error) =>
    woken(() => {
      failure = error;
    }),
  );
  body.on("close", () =>
    woken(() => {
      hasEnded = true;
    }),
  );
  try {
    for (;;) {
      const taken = chunks;
      chunks = [];
      yield* taken;
      if (chunks.length > 0) continue;
      if (failure !== undefined) throw failure;
      if (hasEnded) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    body.destroy();
  }
}

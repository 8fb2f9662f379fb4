/**
 * Collects request bodies, within bounds.
 *
 * @module
 */
import {
  BODIES_BYTES_MAX,
  BODY_BYTES_MAX,
  DRAINED_BYTES_MAX,
} from "../limits.ts";
import { ServiceError } from "../service_error.ts";
import type { AnyRequest } from "./exchange.ts";

/** A request that ended before its body did. */
export class BrokenOffError extends Error {
  override readonly name = "BrokenOffError";
}

/**
 * Lets the rest of a refused body go by, since clients that are cut off while
 * they send may miss the answer; but not for ever.
 */
function drain(request: AnyRequest): void {
  let bytes = 0;
  request.on("data", (part: Buffer) => {
    bytes += part.length;
    if (bytes > DRAINED_BYTES_MAX) request.destroy();
  });
}

/** Options for {@linkcode BodyCollector}. */
export interface BodyCollectorOptions {
  /** Bytes of one body. @default {BODY_BYTES_MAX} */
  readonly bodyBytesMax?: number;
  /** Bytes of all bodies at once. @default {BODIES_BYTES_MAX} */
  readonly bodiesBytesMax?: number;
}

/** Keeps account of all bodies that are in memory. */
export class BodyCollector {
  readonly #bodyBytesMax: number;
  readonly #bodiesBytesMax: number;
  #heldBytes = 0;

  constructor(options: BodyCollectorOptions = {}) {
    const { bodyBytesMax = BODY_BYTES_MAX, bodiesBytesMax = BODIES_BYTES_MAX } =
      options;
    this.#bodyBytesMax = bodyBytesMax;
    this.#bodiesBytesMax = bodiesBytesMax;
  }

  /** Bytes of bodies in memory now. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Reads a body whole, and uses it.
   *
   * @param request Read to its end, which is forgotten if it is refused.
   * @param use Gets the body; it counts as held until this returns.
   * @throws {ServiceError} `RequestEntityTooLargeException` or
   *   `ServiceUnavailable`.
   * @throws {BrokenOffError} If the client went away.
   */
  async collect<T>(request: AnyRequest, use: (body: Buffer) => T): Promise<T> {
    const held = { bytes: 0 };
    try {
      const announced = Number(request.headers["content-length"] ?? 0);
      this.#check(announced, announced);
      const [first, ...more] = await this.#parts(request, held);
      if (first === undefined) return use(Buffer.alloc(0));
      return use(more.length === 0 ? first : Buffer.concat([first, ...more]));
    } catch (error) {
      if (!request.complete && !request.destroyed) drain(request);
      throw error;
    } finally {
      this.#heldBytes -= held.bytes;
    }
  }

  /** Events and not a loop: leaving a loop would cut the connection. */
  #parts(request: AnyRequest, held: { bytes: number }): Promise<Buffer[]> {
    return new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => {
        try {
          this.#check(held.bytes + part.length, part.length);
        } catch (error) {
          request.removeAllListeners("data");
          reject(error);
          return;
        }
        held.bytes += part.length;
        this.#heldBytes += part.length;
        parts.push(part);
      });
      request.on("end", () => {
        if (request.complete) resolve(parts);
      });
      request.on("close", () => {
        reject(new BrokenOffError("The request broke off"));
      });
    });
  }

  #check(bodyBytes: number, moreBytes: number): void {
    if (bodyBytes > this.#bodyBytesMax) {
      throw new ServiceError(
        "RequestEntityTooLargeException",
        `The request body exceeds ${this.#bodyBytesMax} bytes.`,
      );
    }
    if (this.#heldBytes + moreBytes > this.#bodiesBytesMax) {
      throw new ServiceError(
        "ServiceUnavailable",
        "Too many requests at once: retry.",
      );
    }
  }
}

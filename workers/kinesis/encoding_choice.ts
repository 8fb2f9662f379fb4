/**
 * What is spoken with the service: CBOR, until it turns out not to know it.
 *
 * @module
 */
import type { KinesisEncoding } from "../../engine/kinesis/reading_request.ts";
import { mayRefuseEncoding } from "../../engine/kinesis/request_error.ts";

/** An answer, and the encoding that it came in. */
export interface SpokenAnswer<T> {
  readonly answer: T;
  readonly spoken: KinesisEncoding;
}

/**
 * The encoding of one client's requests. CBOR is given up for good when the
 * service refuses it but takes JSON, or answers in JSON.
 */
export class EncodingChoice {
  #present: KinesisEncoding;
  /** Whether the present encoding was understood once. */
  #isProven = false;

  /** @param first What to speak first. */
  constructor(first: KinesisEncoding = "cbor") {
    this.#present = first;
  }

  /** What is spoken at present. */
  get present(): KinesisEncoding {
    return this.#present;
  }

  /** Sends in the present encoding, and in JSON if that may have been it. */
  async use<T>(
    send: (encoding: KinesisEncoding) => Promise<SpokenAnswer<T>>,
  ): Promise<T> {
    const encoding = this.#present;
    try {
      const { answer, spoken } = await send(encoding);
      if (encoding === this.#present) {
        this.#present = spoken;
        this.#isProven = true;
      }
      return answer;
    } catch (error) {
      if (!this.#mayRefuse(encoding, error)) throw error;
    }
    const { answer } = await send("json");
    this.#present = "json";
    return answer;
  }

  /** Whether a refusal may be for the encoding: JSON is tried then. */
  #mayRefuse(encoding: KinesisEncoding, error: unknown): boolean {
    return encoding === "cbor" && !this.#isProven && mayRefuseEncoding(error);
  }
}

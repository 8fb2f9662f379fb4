/**
 * Decompressors that bytes are pushed into, of whatever lengths they come.
 *
 * @module
 */

/** A decompressor of one input. Errors are thrown with a plain reason. */
export interface PushDecoder {
  /** Takes some bytes; gives what they decompress to, as far as is known. */
  push(bytes: Uint8Array): readonly Uint8Array[];
  /**
   * Says that the input ends here.
   *
   * @throws {Error} When it can't end here.
   */
  end(): readonly Uint8Array[];
}

/** Sends an input through a decoder. */
export async function* pushThrough(
  input: AsyncIterable<Uint8Array>,
  decoder: PushDecoder,
): AsyncGenerator<Uint8Array, void> {
  for await (const bytes of input) yield* decoder.push(bytes);
  yield* decoder.end();
}

/** What most decoders say at a wrong end. */
export const CUT_OFF = "it ends too early: it was cut off";

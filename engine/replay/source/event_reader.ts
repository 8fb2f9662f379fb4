/**
 * What makes events of texts, whatever their format.
 *
 * @module
 */

/** What a text is. */
export type ReadEvent =
  | {
      readonly kind: "event";
      /** Event time, epoch ms. */
      readonly timeMs: number;
      /** What is sent; absent when the text goes as it is. */
      readonly line?: string;
    }
  /** A watermark event: the replay makes its own. */
  | { readonly kind: "watermark" }
  | {
      readonly kind: "unparsable";
      /** A short code, for its dead letter. */
      readonly reason: string;
      readonly detail?: string;
    };

/** Reads texts of one input. */
export interface EventReader<Text = string> {
  /**
   * Reads one text.
   *
   * @param text JSON, or a row's fields.
   * @param id The event's number among the source's, from 1.
   */
  read(text: Text, id: number): ReadEvent;
}

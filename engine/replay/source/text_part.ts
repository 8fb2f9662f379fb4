/**
 * Reads a part whose events are texts: JSON or CSV, packed or not.
 *
 * @module
 */
import { errorLine, FlagdropError } from "../../errors.ts";
import {
  CODEC_HEAD_BYTES,
  type Codec,
  codecOf,
  decompress,
} from "../codec/codec.ts";
import type { FileFormat } from "../file_format.ts";
import type { JobForm } from "../job_form.ts";
import { ByteReader } from "./byte_reader.ts";
import type { EventReader } from "./event_reader.ts";
import type { InputPart } from "./input_part.ts";
import { JsonEventReader } from "./json_event_reader.ts";
import { JsonTextSplitter } from "./json_text_kernel.ts";
import { SHAPE_BYTES } from "./limits.ts";
import { LineSplitter } from "./line_splitter.ts";
import { type ColumnOptions, rowColumns } from "./row_columns.ts";
import { RowEventReader } from "./row_event_reader.ts";
import { rowFields } from "./row_fields.ts";
import { RowSplitter } from "./row_splitter.ts";
import type { Splitter } from "./splitter.ts";
import { TextBatch } from "./text_batch.ts";
import { textBlocks } from "./text_blocks.ts";
import { formatOf, markLength, tableHeader } from "./text_shape.ts";
import type { Timestamps } from "./timestamps.ts";
import type { ZoneTable } from "./zone_table.ts";

/** How events are found in a source's parts. */
export interface PartOptions {
  readonly format: FileFormat;
  readonly timestamps: Timestamps;
  /** The event time's field; undefined for the form's. */
  readonly timestampField: string | undefined;
  /** How the job's events look. */
  readonly form: JobForm;
  /** Column names by field. */
  readonly mapping: ReadonlyMap<string, string>;
  readonly zones: ZoneTable | undefined;
}

/** The options' word about columns. */
export function columnOptions(options: PartOptions): ColumnOptions {
  const { mapping, timestampField, form, zones } = options;
  return { mapping, timestampField, form, hasZones: zones !== undefined };
}

/** What is wrong with a part, as one line. */
export function partError(part: InputPart, error: unknown): FlagdropError {
  if (error instanceof FlagdropError) return error;
  const reason = errorLine(error);
  return new FlagdropError(
    "FD_SOURCE",
    `Cannot read "${part.name}": ${reason === "unexpected end of file" ? "it ends too early: it was cut off" : reason}`,
    { domain: "user", cause: error },
  );
}

/** A part that is open at its beginning. */
export class TextPart {
  readonly part: InputPart;
  readonly codec: Codec;
  /** Where the first event may be. */
  readonly dataStart: number;
  readonly #format: "jsonl" | "glued" | "csv";
  readonly #separator: string;
  readonly #reader: EventReader;
  readonly #bytes: ByteReader;

  private constructor(
    bytes: ByteReader,
    {
      part,
      codec,
      dataStart,
      format,
      separator,
      reader,
    }: {
      readonly part: InputPart;
      readonly codec: Codec;
      readonly dataStart: number;
      readonly format: "jsonl" | "glued" | "csv";
      readonly separator: string;
      readonly reader: EventReader;
    },
  ) {
    this.part = part;
    this.codec = codec;
    this.dataStart = dataStart;
    this.#bytes = bytes;
    this.#format = format;
    this.#separator = separator;
    this.#reader = reader;
  }

  /**
   * Opens a part.
   *
   * @param packed Its bytes from the beginning.
   * @throws {Error} With a plain reason when it can't be read.
   */
  static async open(
    part: InputPart,
    packed: ByteReader,
    options: PartOptions,
  ): Promise<TextPart> {
    const codec = codecOf(await packed.peek(CODEC_HEAD_BYTES));
    const bytes = new ByteReader(decompress(codec, packed));
    try {
      const head = await bytes.peek(SHAPE_BYTES);
      const mark = markLength(head);
      const text = head.subarray(mark);
      const format = formatOf(options.format, part.name, text);
      if (format === "parquet") throw new Error("it is no Parquet file");
      const common = { part, codec, format };
      if (format !== "csv") {
        const { timestamps, timestampField: field, form } = options;
        const reader = new JsonEventReader({ field, form, timestamps });
        return new TextPart(bytes, {
          ...common,
          dataStart: mark,
          separator: "",
          reader,
        });
      }
      const header = tableHeader(text);
      if (header === undefined) throw new Error("it has no header");
      const { names, separator, length } = header;
      const columns = rowColumns(names, columnOptions(options));
      const rows = new RowEventReader({ ...options, columns });
      return new TextPart(bytes, {
        ...common,
        dataStart: mark + length,
        separator,
        reader: {
          read: (row, id) => rows.read(rowFields(row, separator), id),
        },
      });
    } catch (error) {
      await bytes.close();
      throw error;
    }
  }

  /** Whether it can be opened in its middle, and lines be found there. */
  get canSeek(): boolean {
    const { sizeBytes } = this.part;
    return (
      this.codec === "none" &&
      sizeBytes !== undefined &&
      this.#format !== "glued"
    );
  }

  /** Finds the texts in it. */
  splitter(): Splitter {
    if (this.#format === "glued") return new JsonTextSplitter();
    return this.#format === "csv"
      ? new RowSplitter(this.#separator)
      : new LineSplitter();
  }

  /**
   * Its events from an offset on, at which a text begins; to be called once.
   *
   * @param offset In what it decompresses to.
   * @param reopen Opens it at an offset.
   */
  async *batches(
    offset: number,
    reopen: (offset: number) => AsyncGenerator<Uint8Array, void>,
  ): AsyncGenerator<TextBatch, void> {
    let bytes: AsyncIterable<Uint8Array> = this.#bytes;
    const isNear = offset <= SHAPE_BYTES;
    if (!isNear && this.codec === "none" && this.part.sizeBytes !== undefined) {
      await this.#bytes.close();
      bytes = reopen(offset);
    } else await this.#bytes.skip(offset);
    for await (const block of textBlocks(bytes, this.splitter(), offset)) {
      yield new TextBatch(block, this.#reader);
    }
  }

  /** A batch of some of its bytes, which begin at an offset. */
  batchOf(bytes: Buffer, offset: number): TextBatch {
    const starts: number[] = [];
    const ends: number[] = [];
    this.splitter().split(bytes, bytes.length, (start, end) => {
      starts.push(start);
      ends.push(end);
    });
    return new TextBatch({ bytes, offset, starts, ends }, this.#reader);
  }

  /** Closes it, if its events weren't read. */
  async close(): Promise<void> {
    await this.#bytes.close();
  }
}

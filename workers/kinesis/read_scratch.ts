/**
 * What reading needs for the length of one answer, shared by all shards of a
 * worker: answers are read and handed over synchronously, one at a time.
 *
 * @module
 */
import { RecordColumns } from "../../engine/kinesis/record_columns.ts";
import type { TextMemory } from "../../engine/kinesis/text_memory_kernel.ts";
import { UserRecords } from "./user_records.ts";

/** One answer's records, as Kinesis sent them and taken apart. */
export class ReadScratch {
  readonly columns: RecordColumns;
  readonly userRecords: UserRecords = new UserRecords();

  /** @param memory Where answers are put if they have room there. */
  constructor(memory?: TextMemory) {
    this.columns = new RecordColumns(memory);
  }
}

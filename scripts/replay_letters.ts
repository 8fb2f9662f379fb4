/**
 * What `flagdrop dead-letters replay` does once its options are read.
 *
 * @module
 */
import { FlagdropError } from "../engine/errors.ts";
import { DeadLetterFile } from "../engine/sink/dead_letters.ts";
import { parseSink } from "../engine/sink/open_sink.ts";
import {
  isRefusedDocument,
  LetterReplay,
} from "../engine/sink/opensearch/letter_replay.ts";
import { readDeadLetters } from "../engine/sink/read_dead_letters.ts";
import type { DeadLetter } from "../engine/sink/sink.ts";
import type { CommandContext } from "./context.ts";
import type { ConnectionOptions } from "./options/connection.ts";
import {
  type OpensearchOptions,
  opensearchSettings,
} from "./options/opensearch_options.ts";

/** Values of the command's options. */
export interface DeadLettersOptions
  extends ConnectionOptions,
    Partial<OpensearchOptions> {
  readonly sink: string;
  readonly stillRefused?: string;
}

/** Letters that are sent together: their documents are short. */
const LETTERS_PER_BATCH = 1_000;

/**
 * Sends a file's documents once more.
 *
 * @throws {FlagdropError} When file or cluster can't be used, or a document
 * was refused again.
 */
export async function replayLetters(
  file: string,
  options: DeadLettersOptions,
  { log, stdout, signal }: CommandContext,
): Promise<void> {
  const address = parseSink(options.sink);
  if (address.kind !== "opensearch") {
    throw new FlagdropError(
      "FD_OPTION",
      `Cannot send documents to "${options.sink}": give --sink opensearch:URL`,
      { domain: "user" },
    );
  }
  const settings = await opensearchSettings(address.urls, options);
  const replay = new LetterReplay({ settings, log });
  const path = options.stillRefused ?? `${file}.refused`;
  const refused = await DeadLetterFile.open(path);
  let sent = 0;
  let left = 0;
  let waiting: DeadLetter[] = [];
  const flush = async () => {
    if (waiting.length === 0) return;
    sent += waiting.length;
    await refused.write(await replay.send(waiting));
    waiting = [];
  };
  try {
    for await (const letter of readDeadLetters(file)) {
      if (signal.aborted) break;
      if (isRefusedDocument(letter)) waiting.push(letter);
      else left++;
      if (waiting.length >= LETTERS_PER_BATCH) await flush();
    }
    await flush();
  } finally {
    await replay.close();
    await refused.close();
  }
  const { count } = refused;
  stdout.write(
    `${sent - count} documents written, ${count} refused again, ${left} records left\n`,
  );
  if (count === 0) return;
  throw new FlagdropError(
    "FD_SINK",
    `Cannot write ${count} of ${sent} documents as the cluster refused them again: see "${path}"`,
  );
}

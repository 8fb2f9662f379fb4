/**
 * Sends documents that were refused once more, as they were.
 *
 * @module
 */
import { type Clock, systemClock } from "../../clock.ts";
import { FlagdropError } from "../../errors.ts";
import type { DeadLetter, SinkLog } from "../sink.ts";
import type { BulkBatch } from "./bulk_batch.ts";
import { BulkSender } from "./bulk_sender.ts";
import { SETUP_MS_MAX } from "./limits.ts";
import { OpensearchClient } from "./opensearch_client.ts";
import type { OpensearchSettings } from "./opensearch_settings.ts";
import { patientRequest, type Requester } from "./patient_request.ts";
import { Trouble } from "./trouble.ts";

/** Whether a letter is a document that a cluster refused. */
export function isRefusedDocument(letter: DeadLetter): boolean {
  return letter.shardId.startsWith("opensearch:");
}

function indexOf(bytes: Buffer): string {
  const end = bytes.indexOf(10);
  const action = JSON.parse(bytes.toString("utf8", 0, end)) as {
    index?: { _index?: string };
  };
  return action.index?._index ?? "";
}

function batchOf(letters: readonly DeadLetter[]): BulkBatch {
  const parts = letters.map(({ bytes }) => Buffer.from(bytes));
  const starts = new Uint32Array(parts.length + 1);
  for (const [i, { length }] of parts.entries()) {
    starts[i + 1] = (starts[i] ?? 0) + length;
  }
  const indices = [...new Set(parts.map(indexOf))];
  return { bytes: Buffer.concat(parts), starts, indices };
}

/** Options for {@linkcode LetterReplay}. */
export interface LetterReplayOptions {
  readonly settings: OpensearchSettings;
  readonly log: SinkLog;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

/** One replay, into one cluster. */
export class LetterReplay {
  readonly #client: OpensearchClient;
  readonly #sender: BulkSender;
  readonly #requester: Requester;
  readonly #seen = new Map<string, Promise<void>>();

  constructor({ settings, log, clock = systemClock }: LetterReplayOptions) {
    this.#client = new OpensearchClient({ settings, clock });
    const client = this.#client;
    const trouble = new Trouble({ clock, log, name: client.name });
    const { random } = Math;
    this.#requester = {
      ...{ client, clock, random, trouble },
      tryMsMax: SETUP_MS_MAX,
    };
    const { auth, gzip } = settings;
    this.#sender = new BulkSender({
      ...{ client, clock, random, trouble, gzip },
      keeper: {
        ensure: (_, name) => this.#mustBeThere(name),
        forget: (name) => this.#seen.delete(name),
      },
      filtersAnswers: !(auth.type === "sigv4" && auth.service === "aoss"),
      sinkName: `opensearch:${client.name}`,
    });
  }

  /**
   * Sends some.
   *
   * @param letters Refused documents.
   * @returns Those that are refused again.
   * @throws {FlagdropError} When the cluster can't be used.
   */
  async send(letters: readonly DeadLetter[]): Promise<DeadLetter[]> {
    let batch: BulkBatch | undefined = batchOf(letters);
    const next = () => {
      const found = batch;
      batch = undefined;
      return found;
    };
    return await this.#sender.send(next, async () => {});
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  /** Nothing knows here what the mapping of a missing index ought to be. */
  #mustBeThere(name: string): Promise<void> {
    const known = this.#seen.get(name);
    if (known !== undefined) return known;
    const asked = patientRequest(this.#requester, {
      method: "GET",
      path: `/${name}`,
    }).then(({ status }) => {
      if (status < 300) return;
      throw new FlagdropError(
        "FD_SINK",
        `Cannot send documents to index "${name}" at ${this.#client.name} as it is not there (${status}): start the run once, which makes it`,
        { domain: "user" },
      );
    });
    this.#seen.set(name, asked);
    return asked;
  }
}

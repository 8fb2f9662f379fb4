/**
 * The consumer that reads a stream by enhanced fan-out: looked up, and
 * registered when it is missing. It is never deregistered here, as other runs
 * may go on from it; until somebody does, it is billed by the shard and hour.
 *
 * @module
 */
import type { Consumer, KinesisClient } from "@aws-sdk/client-kinesis";
import type { Logger } from "pino";
import type { AwsConnection } from "../aws/connection.ts";
import { type Clock, systemClock } from "../clock.ts";
import { errorLine, FlagdropError } from "../errors.ts";
import { persistently } from "./control_plane_retry.ts";
import { type KinesisSdk, withKinesisClient } from "./kinesis_client.ts";

/** Options for {@linkcode registerConsumer}. */
export interface ConsumerOptions {
  readonly streamArn: string;
  /** Name or ARN of the consumer. */
  readonly consumer: string;
  readonly log: Logger;
  /** @default {systemClock} */
  readonly clock?: Clock;
  /** Uniform in [0, 1); for jitter. @default {Math.random} */
  readonly random?: () => number;
}

/** A new consumer is usually active within seconds. */
const ACTIVE_MS_MAX = 120_000;

/** Between looks whether it is active; the service allows 20 a second. */
const LOOK_INTERVAL_MS = 500;

/** What the service takes as a name. */
const NAME_REGEXP = /^[a-zA-Z0-9_.-]{1,128}$/;

const PERMISSIONS =
  "kinesis:DescribeStreamConsumer, kinesis:RegisterStreamConsumer and kinesis:SubscribeToShard";

/** One registration under way. */
class Registration {
  readonly #client: KinesisClient;
  readonly #sdk: KinesisSdk;
  readonly #connection: AwsConnection;
  readonly #options: ConsumerOptions;
  readonly #clock: Clock;
  /** Whether it was made here. */
  #isNew = false;

  constructor(
    { client, sdk }: { client: KinesisClient; sdk: KinesisSdk },
    connection: AwsConnection,
    options: ConsumerOptions,
  ) {
    this.#client = client;
    this.#sdk = sdk;
    this.#connection = connection;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  async run(): Promise<string> {
    const endMs = this.#clock.monotonicMs() + ACTIVE_MS_MAX;
    let status = "missing";
    do {
      const found = await this.#look();
      status = found?.ConsumerStatus ?? "missing";
      if (found?.ConsumerARN !== undefined && status === "ACTIVE") {
        return found.ConsumerARN;
      }
      // One that is being deleted is registered again once it is gone.
      if (found === undefined && !this.#isNew) await this.#register();
      else await this.#clock.sleep(LOOK_INTERVAL_MS);
    } while (this.#clock.monotonicMs() < endMs);
    throw new FlagdropError(
      "FD_SERVICE",
      `Cannot read by fan-out as consumer "${this.#options.consumer}" is still ${status} after ${ACTIVE_MS_MAX / 1_000} s: try again later, or read without --consumer`,
      { retry: "backoff" },
    );
  }

  /** The consumer as it is; undefined if there is none of that name. */
  async #look(): Promise<Consumer | undefined> {
    const { consumer, streamArn } = this.#options;
    const isArn = consumer.startsWith("arn:");
    const command = new this.#sdk.DescribeStreamConsumerCommand(
      isArn
        ? { ConsumerARN: consumer }
        : { StreamARN: streamArn, ConsumerName: consumer },
    );
    try {
      const output = await this.#send((sending) =>
        this.#client.send(command, sending),
      );
      return output.ConsumerDescription;
    } catch (error) {
      if (causeName(error) !== "ResourceNotFoundException") {
        throw this.#explained(error, "look up");
      }
      if (!isArn) return undefined;
      throw new FlagdropError(
        "FD_STREAM",
        `Cannot find consumer "${consumer}": give a name, and it is registered, or check the ARN`,
        { domain: "user", cause: error },
      );
    }
  }

  async #register(): Promise<void> {
    const { consumer, streamArn, log } = this.#options;
    const command = new this.#sdk.RegisterStreamConsumerCommand({
      StreamARN: streamArn,
      ConsumerName: consumer,
    });
    try {
      await this.#send((sending) => this.#client.send(command, sending));
      this.#isNew = true;
      log.warn(
        { consumer },
        "registered the consumer: it stays, and is billed, until it is deregistered (aws kinesis deregister-stream-consumer)",
      );
    } catch (error) {
      // Another process was faster; it is found now.
      if (causeName(error) === "ResourceInUseException") return;
      throw this.#explained(error, "register");
    }
  }

  #send<T>(
    send: (options: { readonly abortSignal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const { streamArn, random = Math.random } = this.#options;
    return persistently(send, {
      connection: this.#connection,
      stream: streamArn,
      clock: this.#clock,
      random,
      signal: undefined,
    });
  }

  /** What a refusal means for whoever gave `--consumer`. */
  #explained(error: unknown, action: "look up" | "register"): unknown {
    const { consumer, streamArn } = this.#options;
    const name = causeName(error);
    if (!(error instanceof FlagdropError)) return error;
    const cannot = `Cannot ${action} consumer "${consumer}" of stream "${streamArn}"`;
    const text = `${name}: ${errorLine(error.cause ?? error)}`;
    const options = { domain: "user", cause: error } as const;
    switch (name) {
      case "LimitExceededException":
        return new FlagdropError(
          "FD_SERVICE",
          `${cannot} as the stream has as many as it may (${text}): deregister one that nobody uses, name an existing one, or read without --consumer`,
          options,
        );
      case "AccessDeniedException":
        return new FlagdropError(
          "FD_CREDENTIALS",
          `${cannot} as these credentials may not (${text}): allow ${PERMISSIONS}, or read without --consumer`,
          options,
        );
      case "UnknownOperationException":
      case "InvalidAction":
        return new FlagdropError(
          "FD_SERVICE",
          `${cannot} as the service knows no consumers (${text}): read without --consumer`,
          options,
        );
      case "InvalidArgumentException":
      case "ValidationException":
        return new FlagdropError(
          "FD_OPTION",
          `${cannot} (${text}): check --consumer`,
          options,
        );
      default:
        return error;
    }
  }
}

/** The name of what the SDK threw, below our own error. */
function causeName(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown };
  return (cause as { readonly name?: string } | undefined)?.name ?? "";
}

/** @throws {FlagdropError} If it can't be a consumer of the stream. */
function check({ consumer, streamArn }: ConsumerOptions): void {
  const remedy = consumer.startsWith("arn:")
    ? !consumer.startsWith(`${streamArn}/consumer/`) &&
      `it is no consumer of stream "${streamArn}"`
    : !NAME_REGEXP.test(consumer) &&
      "a name has up to 128 letters, digits, dots, dashes and underscores";
  if (remedy === false) return;
  throw new FlagdropError(
    "FD_OPTION",
    `Cannot use ${JSON.stringify(consumer)} as --consumer: ${remedy}`,
    { domain: "user" },
  );
}

/**
 * Finds a stream's consumer, registers it if it is missing, and waits until it
 * may subscribe.
 *
 * @returns Its ARN.
 * @throws {FlagdropError} `FD_OPTION` for what can't be one, `FD_CREDENTIALS`
 * without permission, `FD_SERVICE` when the stream has too many, or it isn't
 * active within two minutes.
 */
export async function registerConsumer(
  connection: AwsConnection,
  options: ConsumerOptions,
): Promise<string> {
  check(options);
  return await withKinesisClient(connection, async (client, sdk) =>
    new Registration({ client, sdk }, connection, options).run(),
  );
}

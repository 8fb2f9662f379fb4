/**
 * The consumers that are registered with one stream.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ServiceError } from "../service_error.ts";
import { LocalConsumer } from "./local_consumer.ts";

/** Consumers by name. */
export class StreamConsumers {
  readonly #streamArn: string;
  readonly #consumers = new Map<string, LocalConsumer>();

  constructor(streamArn: string) {
    this.#streamArn = streamArn;
  }

  /** All of them in the order of their names. */
  list(nowMs: number): readonly LocalConsumer[] {
    this.#forgetDeleted(nowMs);
    return [...this.#consumers.values()].sort((a, b) =>
      a.name < b.name ? -1 : 1,
    );
  }

  get(name: string, nowMs: number): LocalConsumer | undefined {
    this.#forgetDeleted(nowMs);
    return this.#consumers.get(name);
  }

  /** Adds a consumer, whose name must be free. */
  register(name: string, nowMs: number, stateChangeMs: number): LocalConsumer {
    assert(this.get(name, nowMs) === undefined);
    const consumer = new LocalConsumer({
      name,
      streamArn: this.#streamArn,
      createdAtMs: nowMs,
      activeAtMs: nowMs + stateChangeMs,
    });
    this.#consumers.set(name, consumer);
    return consumer;
  }

  /** Deletes a consumer and ends its subscriptions. */
  deregister(
    consumer: LocalConsumer,
    nowMs: number,
    stateChangeMs: number,
  ): void {
    consumer.deletedAtMs = nowMs + stateChangeMs;
    consumer.endSubscriptions(
      new ServiceError(
        "ResourceNotFoundException",
        `Consumer ${consumer.arn} has been deregistered.`,
      ),
    );
    this.#forgetDeleted(nowMs);
  }

  /** Ends the subscriptions of all of them. */
  endSubscriptions(error: ServiceError): void {
    for (const consumer of this.#consumers.values()) {
      consumer.endSubscriptions(error);
    }
  }

  #forgetDeleted(nowMs: number): void {
    for (const { name, deletedAtMs } of this.#consumers.values()) {
      if (deletedAtMs <= nowMs) this.#consumers.delete(name);
    }
  }
}

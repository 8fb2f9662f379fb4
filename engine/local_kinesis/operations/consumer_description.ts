/**
 * Consumers as the answers describe them.
 *
 * @module
 */
import type { LocalConsumer } from "../store/local_consumer.ts";
import type { AnswerValue } from "../wire/answer.ts";

/** What all answers tell of a consumer. */
export function consumerDescription(
  consumer: LocalConsumer,
  nowMs: number,
): { readonly [key: string]: AnswerValue } {
  return {
    ConsumerName: consumer.name,
    ConsumerARN: consumer.arn,
    ConsumerStatus: consumer.status(nowMs),
    ConsumerCreationTimestamp: new Date(consumer.createdAtMs),
  };
}

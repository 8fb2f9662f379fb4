/**
 * Where our stand-in and the referee differ on purpose, and why ours is right.
 *
 * What the service answers was taken from its API model (constraints of
 * members), from its reference, and from projects that recorded its answers.
 */

/** Refusals by their type; `accepted` for an answer. */
export interface Difference {
  readonly ours: string;
  readonly theirs: string;
}

const SERVICE_VALIDATES = "ValidationException";

function validated(theirs: string): Difference {
  return { ours: SERVICE_VALIDATES, theirs };
}

/** By step. */
export const DIFFERENT_OUTCOMES: ReadonlyMap<string, Difference> = new Map([
  // The service answers ValidationException, all problems listed, for members
  // that are missing or outside the constraints of the API model.
  ["shards at nothing", validated("SerializationException")],
  ["refused: a bad name", validated("InvalidArgumentException")],
  ["refused: an empty name", validated("InvalidArgumentException")],
  ["refused: a long name", validated("InvalidArgumentException")],
  ["refused: a bad ARN", validated("SerializationException")],
  ["refused: no shards", validated("LimitExceededException")],
  ["refused: a limit too high", validated("InvalidArgumentException")],
  ["refused: no type of iterator", validated("SerializationException")],
  ["refused: a bad type of iterator", validated("SerializationException")],
  ["refused: no iterator", validated("SerializationException")],
  ["refused: no key", validated("SerializationException")],
  ["refused: no data", validated("SerializationException")],
  ["refused: an empty key", validated("InvalidArgumentException")],
  ["refused: a long key", validated("InvalidArgumentException")],
  ["refused: a record too large", validated("InvalidArgumentException")],
  [
    "refused: no such operation",
    { ours: "UnknownOperationException", theirs: "AccessDeniedException" },
  ],
  // The referee falls over them.
  ["refused: a limit of records too high", validated("500")],
  ["refused: a bad hash key", validated("500")],
  [
    "refused: an iterator of nothing",
    { ours: "InvalidArgumentException", theirs: "500" },
  ],
  ["refused: split at no key", validated("500")],
  ["refused: split nothing", validated("SerializationException")],
  ["refused: scale to nothing", validated("InvalidArgumentException")],
  ["refused: scale somehow else", validated("SerializationException")],
  // A key at a shard's start would leave nothing of it.
  [
    "refused: split at its start",
    { ours: "InvalidArgumentException", theirs: "accepted" },
  ],
  // The referee takes what the service refuses.
  ["refused: no records", validated("accepted")],
  ["refused: 501 records", validated("accepted")],
  [
    "refused: a starting number of nothing",
    { ours: "InvalidArgumentException", theirs: "accepted" },
  ],
  [
    "refused: a time to come",
    { ours: "InvalidArgumentException", theirs: "accepted" },
  ],
]);

/** Members that the API has and the referee doesn't know, by path. */
export const ONLY_OURS: ReadonlySet<string> = new Set([
  "StreamDescriptionSummary.MaxRecordSizeInKiB",
  "StreamSummaries",
  // Of UpdateShardCount's answer.
  "StreamARN",
  // The other way round: the API has no such member.
  "ConsumerDescription.Tags",
]);

/**
 * Steps where the referee's answer has a NextToken exactly when there is
 * nothing more.
 */
export const TOKEN_ONLY_OURS: ReadonlySet<string> = new Set([
  "list one",
  "consumers",
  "consumers, first",
]);

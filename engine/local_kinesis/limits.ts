/**
 * Every limit of the local Kinesis: the service's own, from its quotas page
 * and API reference, and those that keep this stand-in's memory bounded.
 *
 * @module
 */
import assert from "node:assert/strict";

const KIB = 1024;
const MIB = 1024 * KIB;

// The service's own.

/** Records of one PutRecords call. */
export const PUT_RECORDS_COUNT_MAX = 500;

/**
 * Data and partition keys of one PutRecords call. It was 5 MiB until records
 * of up to 10 MiB came; since then it is 10 MiB for every stream.
 */
export const PUT_RECORDS_BYTES_MAX = 10 * MIB;

/** Data and partition key of one record, unless the stream allows more. */
export const RECORD_BYTES_DEFAULT = MIB;

/** What a stream can allow for one record at most. */
export const RECORD_BYTES_MAX = 10 * MIB;

/** Characters of a partition key. */
export const PARTITION_KEY_LENGTH_MAX = 256;

/** Records of one GetRecords answer. */
export const GET_RECORDS_COUNT_MAX = 10_000;

/** Data and partition keys of one GetRecords answer. */
export const GET_RECORDS_BYTES_MAX = 10 * MIB;

/** Data and partition keys that one shard takes in a second. */
export const WRITE_BYTES_PER_SECOND = MIB;

/** Records that one shard takes in a second. */
export const WRITE_RECORDS_PER_SECOND = 1_000;

/** Data and partition keys that one shard gives in a second. */
export const READ_BYTES_PER_SECOND = 2 * MIB;

/** GetRecords calls on one shard in a second. */
export const READS_PER_SECOND = 5;

/** GetShardIterator calls on one shard in a second. */
export const ITERATORS_PER_SECOND = 5;

/** Data and partition keys that one shard gives each consumer in a second. */
export const SUBSCRIBED_BYTES_PER_SECOND = 2 * MIB;

/** Consumers that are registered with one stream. */
export const CONSUMER_COUNT_MAX = 20;

/** Consumers of one stream that are being created at once. */
export const CREATING_CONSUMER_COUNT_MAX = 5;

/** How long a subscription to a shard lives, unless told otherwise. */
export const SUBSCRIPTION_LIFE_MS_DEFAULT = 5 * 60_000;

/** What can be asked for; timers don't take more. */
export const SUBSCRIPTION_LIFE_MS_MAX = 24 * 3_600_000;

/**
 * How long after its start a subscription can't be taken over by another of
 * the same consumer, unless told otherwise.
 */
export const SUBSCRIPTION_HOLD_MS_DEFAULT = 5_000;

/** How long a shard iterator lives, unless told otherwise. */
export const ITERATOR_LIFE_MS_DEFAULT = 5 * 60_000;

/** How long a token of ListShards or ListStreams lives. */
export const NEXT_TOKEN_LIFE_MS = 5 * 60_000;

/** Hours that records are kept at first, at least and at most. */
export const RETENTION_HOURS_DEFAULT = 24;
/** @see {@linkcode RETENTION_HOURS_DEFAULT} */
export const RETENTION_HOURS_MIN = 24;
/** @see {@linkcode RETENTION_HOURS_DEFAULT} */
export const RETENTION_HOURS_MAX = 8_760;

/** Open shards of an account; the service's default in its large regions. */
export const SHARD_COUNT_MAX = 500;

/** UpdateShardCount calls on one stream in 24 hours. */
export const SHARD_COUNT_UPDATES_A_DAY = 10;

/** Shards that an on-demand stream starts with. */
export const ON_DEMAND_SHARD_COUNT = 4;

/** How far a request's date may be from the server's clock. */
export const CLOCK_SKEW_MS_MAX = 5 * 60_000;

// This stand-in's own.

/** Memory for records, unless told otherwise. */
export const MEMORY_BYTES_DEFAULT = 2 * 1024 * MIB;

/**
 * The least memory for records: twice what all shards' first chunks need, so
 * that the oldest records always are somebody's, and one largest record.
 */
export const MEMORY_BYTES_MIN = 64 * MIB;

/** The first chunk of a shard, small since most shards of most tests idle. */
export const CHUNK_BYTES_MIN = 64 * KIB;

/**
 * Chunks double up to this: large enough that an answer of 10 MiB has a dozen
 * slices, small enough that trimming the oldest loses little at once.
 */
export const CHUNK_BYTES_MAX = MIB;

/**
 * The largest request body: 10 MiB of data in base64 and the JSON of 500
 * records around it.
 */
export const BODY_BYTES_MAX = 16 * MIB;

/**
 * Request bodies in memory at once, over all connections; further requests
 * are answered 503 until some are done.
 */
export const BODIES_BYTES_MAX = 256 * MIB;

/** Bytes of a refused body that are let by before its connection is cut. */
export const DRAINED_BYTES_MAX = 4 * BODY_BYTES_MAX;

/** Connections at once; further ones are closed at once. */
export const CONNECTION_COUNT_MAX = 1_024;

/** Requests at once on one HTTP/2 connection, above the SDK's needs. */
export const HTTP2_STREAM_COUNT_MAX = 128;

/**
 * MiB that one HTTP/2 connection may hold, answers under way above all; Node's
 * own 10 would refuse a second request beside one large answer.
 */
export const HTTP2_SESSION_MIB_MAX = 256;

/** HTTP/2 flow control window, so that a full PutRecords goes in few turns. */
export const HTTP2_WINDOW_BYTES = MIB;

/** Bytes of one message of an event stream; what SDKs take at most. */
export const EVENT_MESSAGE_BYTES_MAX = 16 * MIB;

/**
 * Data and keys of one event, unless a single record is larger: half of what
 * a consumer gets in a second, and with JSON and base64 around small records
 * still far below a message's limit.
 */
export const EVENT_PAYLOAD_BYTES_MAX = MIB;

/** Records of one event, so that tiny ones don't make a huge JSON text. */
export const EVENT_RECORD_COUNT_MAX = 10_000;

/**
 * At least so long between two events with records, so that many small puts
 * don't become many small events; the service's own delay is some 70 ms.
 */
export const EVENT_INTERVAL_MS = 10;

/** A subscription without records gets an empty event this often. */
export const EMPTY_EVENT_INTERVAL_MS = 1_000;

/** Rules of the fault switch; each costs a look a call. */
export const FAULT_RULE_COUNT_MAX = 64;

/** Longest time that a rule of the fault switch names: a day. */
export const FAULT_DELAY_MS_MAX = 24 * 3_600_000;

/** A silent connection is closed after this; longer than SDKs keep theirs. */
export const CONNECTION_IDLE_MS = 120_000;

/** How long `close()` waits for requests under way. */
export const CLOSE_GRACE_MS = 1_000;

/** Signing keys kept: one a day, region and key pair. */
export const SIGNING_KEY_COUNT_MAX = 64;

assert(CHUNK_BYTES_MIN <= CHUNK_BYTES_MAX);
assert(SHARD_COUNT_MAX * CHUNK_BYTES_MIN * 2 <= MEMORY_BYTES_MIN);
assert(RECORD_BYTES_MAX * 2 <= MEMORY_BYTES_MIN);
assert((PUT_RECORDS_BYTES_MAX * 4) / 3 < BODY_BYTES_MAX);
assert((RECORD_BYTES_MAX * 4) / 3 < EVENT_MESSAGE_BYTES_MAX);

/**
 * The options of the two producers that `flagdrop replay` takes the place of,
 * as they were spelled: `-streamName taxi` is `--stream taxi` here. Their jars'
 * command lines go on working.
 *
 * @module
 */

/** How an old option is said here. */
interface Spelling {
  /** Undefined for what has no counterpart and changes nothing. */
  readonly name: string | undefined;
  readonly hasValue: boolean;
  /** The value as it is written here. */
  readonly value?: (text: string) => string;
}

function valued(name: string | undefined, value?: Spelling["value"]): Spelling {
  return { name, hasValue: true, ...(value === undefined ? {} : { value }) };
}

const SPELLINGS: Readonly<Record<string, Spelling>> = {
  adaptTime: valued("--adapt-time", (text) => text.toLowerCase()),
  aggregate: { name: "--aggregate", hasValue: false },
  bucket: valued("--bucket"),
  bucketName: valued("--bucket"),
  bucketRegion: valued("--bucket-region"),
  help: { name: "--help", hasValue: false },
  kinesisProducerBuffer: valued(undefined),
  kinesisSenderThreads: valued(undefined),
  noWatermark: { name: "--no-watermark", hasValue: false },
  objectPrefix: valued("--prefix"),
  prefix: valued("--prefix"),
  readerBufferSize: valued("--reader-buffer"),
  region: valued("--region"),
  s: valued("--stream"),
  seek: valued("--seek"),
  speedup: valued("--speedup"),
  statisticsFrequency: valued("--statistics-interval", (text) => `${text}ms`),
  stream: valued("--stream"),
  streamArn: valued("--stream"),
  streamName: valued("--stream"),
  streamRegion: valued("--region"),
  timestampAttributeName: valued("--timestamp-field"),
};

/** What they read when nothing else was said. */
const SOURCE_DEFAULT = "s3://aws-bigdata-blog/artifacts/flink-refarch/data/";

const OPTION_REGEXP = /^(--?)([A-Za-z]+)(?:=(.*))?$/s;

/** A command line as it is said here. */
export interface PresentSpelling {
  readonly argv: readonly string[];
  /** What was changed, on one line; undefined when nothing was. */
  readonly hint: string | undefined;
}

/** The old option that an argument is: present spellings are none. */
function oldOption(argument: string) {
  const [, dashes, name = "", value] = OPTION_REGEXP.exec(argument) ?? [];
  const spelling = Object.hasOwn(SPELLINGS, name) ? SPELLINGS[name] : undefined;
  if (spelling === undefined) return undefined;
  // With two dashes only what has a capital is old.
  const isOld = dashes === "-" || /[A-Z]/.test(name);
  return isOld ? { written: `${dashes}${name}`, value, spelling } : undefined;
}

/**
 * Spells a command line of `replay` as it is now.
 *
 * @param argv Arguments, the command's name among them.
 */
export function presentSpelling(argv: readonly string[]): PresentSpelling {
  const spelled: string[] = [];
  const hints: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? "";
    const old = oldOption(argument);
    if (old === undefined) {
      spelled.push(argument);
      continue;
    }
    const { name, hasValue, value: translated = String } = old.spelling;
    hints.push(`${old.written} is ${name ?? "not needed"}`);
    const value = hasValue ? (old.value ?? argv[++i]) : undefined;
    if (name === undefined) continue;
    spelled.push(name);
    if (value !== undefined) spelled.push(translated(value));
  }
  if (hints.length === 0) return { argv, hint: undefined };
  const hasSource = spelled.some((one) =>
    /^--(source|bucket|help)(=|$)/.test(one),
  );
  if (!hasSource) {
    spelled.push("--source", SOURCE_DEFAULT);
    hints.push(`no -bucket is --source ${SOURCE_DEFAULT}`);
  }
  return { argv: spelled, hint: `old spellings: ${hints.join(", ")}` };
}

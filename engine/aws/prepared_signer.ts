/**
 * Signature Version 4 for one kind of request sent again and again: what all
 * of them have in common is put together once, what those of one second have,
 * once a second.
 *
 * aws4 takes a request apart anew each time, which costs as much as tallying a
 * hundred records. The signatures are the same, as a test says.
 *
 * @module
 */
import { createHmac, hash } from "node:crypto";
import type { AwsCredentials } from "./credentials.ts";
import {
  amzDate,
  type SignableRequest,
  type SigningContext,
  signedHeaders,
} from "./signer.ts";

/** What never changes from one request to the next. */
export type RequestKind = Pick<SignableRequest, "method" | "url" | "headers"> &
  Pick<SigningContext, "service" | "region">;

/** What does. */
export type SigningMoment = Pick<
  SigningContext,
  "credentials" | "clockSkewMs" | "nowMs"
>;

/** Not signed, as proxies may change it. */
const UNSIGNED = "user-agent";
const DATE_DIGITS = 8;
const MS_PER_SECOND = 1_000;

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** SHA-256 takes 64 bytes at a time and gives 32. */
const BLOCK_BYTES = 64;
const HASH_BYTES = 32;
const HASH_DIGITS = 2 * HASH_BYTES;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/**
 * HMAC (RFC 2104) of texts that begin alike, by two calls: objects of
 * node:crypto for one short text cost four times that.
 */
class KeyedHash {
  readonly #inner: Buffer;
  readonly #outer: Buffer;
  readonly #textAt: number;

  /**
   * @param key Not longer than a block.
   * @param before What all texts begin with; a hash in hexadecimal follows.
   */
  constructor(key: Buffer, before: string) {
    const block = Buffer.alloc(BLOCK_BYTES);
    key.copy(block);
    const padded = (pad: number) => block.map((byte) => byte ^ pad);
    const digits = Buffer.alloc(HASH_DIGITS);
    const beginning = Buffer.from(before);
    this.#inner = Buffer.concat([padded(INNER_PAD), beginning, digits]);
    this.#outer = Buffer.concat([padded(OUTER_PAD), Buffer.alloc(HASH_BYTES)]);
    this.#textAt = BLOCK_BYTES + beginning.length;
  }

  /** In hexadecimal. */
  of(digits: string): string {
    this.#inner.write(digits, this.#textAt, "latin1");
    this.#outer.set(hash("sha256", this.#inner, "buffer"), BLOCK_BYTES);
    return hash("sha256", this.#outer, "hex");
  }
}

/** What requests have in common while second and credentials stay. */
interface Prepared {
  readonly second: number;
  readonly credentials: SigningMoment["credentials"];
  /** The canonical request before and behind the body's length. */
  readonly beforeLength: string;
  readonly behindLength: string;
  readonly keyed: KeyedHash;
  /** Up to the signature. */
  readonly authorization: string;
  /** All headers to send; two of them are still empty. */
  readonly headers: Readonly<Record<string, string>>;
}

function isSame(one: AwsCredentials, other: AwsCredentials): boolean {
  return (
    one.accessKeyId === other.accessKeyId &&
    one.secretAccessKey === other.secretAccessKey &&
    one.sessionToken === other.sessionToken
  );
}

/** Signs requests of one kind. */
export class PreparedSigner {
  readonly #kind: RequestKind;
  /** Whether path and query are what they are in canonical form. */
  readonly #isPlain: boolean;
  #prepared: Prepared | undefined;
  #keyOf = "";
  #key: Buffer = Buffer.alloc(1);

  constructor(kind: RequestKind) {
    this.#kind = kind;
    this.#isPlain = kind.url.pathname === "/" && kind.url.search === "";
  }

  /**
   * Signs a request.
   *
   * @returns All headers to send.
   */
  sign(body: Buffer, moment: SigningMoment): Record<string, string> {
    if (!this.#isPlain) {
      return signedHeaders(
        { ...this.#kind, body },
        { ...this.#kind, ...moment },
      );
    }
    const { beforeLength, behindLength, keyed, authorization, headers } =
      this.#prepare(moment);
    const length = String(body.length);
    const bodyHash = hash("sha256", body, "hex");
    const canonical = beforeLength + length + behindLength + bodyHash;
    const signature = keyed.of(hash("sha256", canonical, "hex"));
    const signed = { ...headers };
    signed["content-length"] = length;
    signed["authorization"] = authorization + signature;
    return signed;
  }

  #prepare(moment: SigningMoment): Prepared {
    const epochMs = moment.nowMs + moment.clockSkewMs;
    // A date has whole seconds.
    const second = Math.floor(epochMs / MS_PER_SECOND);
    const { credentials } = moment;
    const last = this.#prepared;
    if (last?.second === second && isSame(last.credentials, credentials)) {
      return last;
    }
    const { method, headers, url } = this.#kind;
    const { sessionToken } = credentials;
    const date = amzDate(epochMs);
    const scope = this.#scope(date);
    const signed: Readonly<Record<string, string>> = {
      ...headers,
      host: url.host,
      "x-amz-date": date,
      ...(sessionToken === "" ? {} : { "x-amz-security-token": sessionToken }),
    };
    const names = [...Object.keys(signed), "content-length"]
      .filter((name) => name !== UNSIGNED)
      .sort();
    const lengthAt = names.indexOf("content-length");
    const lines = (some: readonly string[]) =>
      some.map((name) => `${name}:${signed[name]}\n`).join("");
    const list = names.join(";");
    const prepared = {
      second,
      credentials,
      beforeLength: `${method}\n/\n\n${lines(names.slice(0, lengthAt))}content-length:`,
      behindLength: `\n${lines(names.slice(lengthAt + 1))}\n${list}\n`,
      keyed: new KeyedHash(
        this.#keyFor(scope, credentials),
        `AWS4-HMAC-SHA256\n${date}\n${scope}\n`,
      ),
      authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${list}, Signature=`,
      headers: { ...signed, "content-length": "", authorization: "" },
    };
    this.#prepared = prepared;
    return prepared;
  }

  #scope(date: string): string {
    const { region, service } = this.#kind;
    return `${date.slice(0, DATE_DIGITS)}/${region}/${service}/aws4_request`;
  }

  /** It holds for a day. */
  #keyFor(scope: string, { secretAccessKey }: AwsCredentials): Buffer {
    const keyOf = `${scope}/${secretAccessKey}`;
    if (keyOf !== this.#keyOf) {
      this.#key = scope
        .split("/")
        .reduce<Buffer>(
          (key, part) => hmac(key, part),
          Buffer.from(`AWS4${secretAccessKey}`),
        );
      this.#keyOf = keyOf;
    }
    return this.#key;
  }
}

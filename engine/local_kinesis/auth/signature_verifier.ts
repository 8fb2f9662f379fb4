/**
 * Verifies Signature Version 4 on every request.
 *
 * Which requests are accepted depends on what the server knows:
 *
 * - **It has a key pair** (its environment's, or one given to it): only that
 *   pair, signature verified. Another access key gets
 *   `UnrecognizedClientException`. Session tokens aren't checked.
 * - **It has none**: the pair `flagdrop-local` / `flagdrop-local`, signature
 *   verified; and any other access key, whose secret it can't know. There it
 *   checks what it can: that the header is complete and well formed, that the
 *   scope is of this service and of the request's own date, and that `host`
 *   and the date are among the signed headers. The signature itself is then
 *   not verified.
 *
 * In both cases the date must be within five minutes of the server's clock.
 * Any region is accepted in the scope. The body is covered by the signature.
 *
 * @module
 */
import { createHmac, hash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../clock.ts";
import { CLOCK_SKEW_MS_MAX, SIGNING_KEY_COUNT_MAX } from "../limits.ts";
import { ServiceError } from "../service_error.ts";
import {
  type Authorization,
  incomplete,
  parseAuthorization,
} from "./authorization.ts";
import { canonicalRequest, type ReceivedRequest } from "./canonical_request.ts";

/** An access key and its secret. */
export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What commands sign with against a loopback endpoint without credentials. */
const DUMMY_PAIR: KeyPair = {
  accessKeyId: "flagdrop-local",
  secretAccessKey: "flagdrop-local",
};

const SERVICE = "kinesis";
const AMZ_DATE_REGEXP = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

function invalid(message: string): ServiceError {
  return new ServiceError("InvalidSignatureException", message);
}

function amzDate(epochMs: number): string {
  return new Date(epochMs).toISOString().replaceAll(/[:-]|\.\d{3}/g, "");
}

/** The request's time: as `20160101T000000Z`, whichever header has it. */
function requestDate(headers: ReceivedRequest["headers"]): string | undefined {
  const given = headers["x-amz-date"] ?? headers["date"];
  if (typeof given !== "string") return undefined;
  if (AMZ_DATE_REGEXP.test(given)) return given;
  const epochMs = Date.parse(given);
  return Number.isNaN(epochMs) ? undefined : amzDate(epochMs);
}

function toEpochMs(date: string): number {
  return Date.parse(date.replace(AMZ_DATE_REGEXP, "$1-$2-$3T$4:$5:$6Z"));
}

function checkTime(date: string, nowMs: number): void {
  const dateMs = toEpochMs(date);
  if (Number.isNaN(dateMs)) throw incomplete(`Date is no date: ${date}`);
  const earliest = amzDate(nowMs - CLOCK_SKEW_MS_MAX);
  const latest = amzDate(nowMs + CLOCK_SKEW_MS_MAX);
  if (date < earliest) {
    throw invalid(
      `Signature expired: ${date} is now earlier than ${earliest} (${amzDate(nowMs)} - 5 min.)`,
    );
  }
  if (date > latest) {
    throw invalid(
      `Signature not yet current: ${date} is still later than ${latest} (${amzDate(nowMs)} + 5 min.)`,
    );
  }
}

function checkScope(authorization: Authorization, date: string): void {
  if (authorization.service !== SERVICE) {
    throw invalid(
      `Credential should be scoped to correct service: '${SERVICE}'.`,
    );
  }
  if (!date.startsWith(authorization.day)) {
    throw invalid(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${authorization.day}' != '${date.slice(0, 8)}', from '${date}'.`,
    );
  }
}

function needSigned(signedHeaders: readonly string[], name: string): void {
  if (signedHeaders.includes(name)) return;
  throw invalid(`'${name}' must be a 'SignedHeader' in the AWS Authorization.`);
}

function checkSignedHeaders(
  { signedHeaders }: Authorization,
  headers: ReceivedRequest["headers"],
): void {
  // The AWS SDK signs HTTP/2's own name for the host.
  if (!signedHeaders.includes(":authority")) needSigned(signedHeaders, "host");
  needSigned(signedHeaders, "x-amz-date" in headers ? "x-amz-date" : "date");
  for (const name of signedHeaders) {
    if (headers[name] !== undefined) continue;
    throw invalid(`The signed header '${name}' is not in the request.`);
  }
}

/** Options for {@linkcode SignatureVerifier}. */
export interface SignatureVerifierOptions {
  readonly clock: Clock;
  /** The only pair to accept; `undefined` for any. */
  readonly keyPair: KeyPair | undefined;
}

/** Accepts or refuses requests by their signature. */
export class SignatureVerifier {
  readonly #clock: Clock;
  readonly #keyPair: KeyPair | undefined;
  readonly #signingKeys = new Map<string, Buffer>();

  constructor(options: SignatureVerifierOptions) {
    this.#clock = options.clock;
    this.#keyPair = options.keyPair;
  }

  /**
   * @throws {ServiceError} Whichever refusal the service would send.
   */
  verify(request: ReceivedRequest): void {
    const header = request.headers["authorization"];
    if (typeof header !== "string") {
      throw new ServiceError(
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
      );
    }
    const date = requestDate(request.headers);
    const authorization = parseAuthorization(header, date !== undefined);
    if (date === undefined) throw incomplete("The request has no date.");
    checkSignedHeaders(authorization, request.headers);
    checkScope(authorization, date);
    checkTime(date, this.#clock.nowMs());
    const secret = this.#secretOf(authorization.accessKeyId);
    if (secret === undefined) return;
    this.#checkSignature(request, authorization, { date, secret });
  }

  /** `undefined` for a key whose secret can't be known. */
  #secretOf(accessKeyId: string): string | undefined {
    const pair = this.#keyPair ?? DUMMY_PAIR;
    if (accessKeyId === pair.accessKeyId) return pair.secretAccessKey;
    if (this.#keyPair === undefined) return undefined;
    throw new ServiceError(
      "UnrecognizedClientException",
      "The security token included in the request is invalid.",
    );
  }

  #checkSignature(
    request: ReceivedRequest,
    authorization: Authorization,
    { date, secret }: { readonly date: string; readonly secret: string },
  ): void {
    const canonical = canonicalRequest(request, authorization.signedHeaders);
    const toSign = [
      "AWS4-HMAC-SHA256",
      date,
      authorization.scope,
      hash("sha256", Buffer.from(canonical, "latin1")),
    ].join("\n");
    const expected = createHmac("sha256", this.#keyOf(authorization, secret))
      .update(toSign)
      .digest();
    const given = Buffer.from(authorization.signature, "hex");
    if (timingSafeEqual(expected, given)) return;
    throw invalid(
      `The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'${canonical}'\n\nThe String-to-Sign should have been\n'${toSign}'\n`,
    );
  }

  #keyOf({ day, region, scope }: Authorization, secret: string): Buffer {
    const known = this.#signingKeys.get(scope);
    if (known !== undefined) return known;
    let key = Buffer.from(`AWS4${secret}`);
    for (const part of [day, region, SERVICE, "aws4_request"]) {
      key = createHmac("sha256", key).update(part).digest();
    }
    // One pair only is ever verified, so the scope alone tells keys apart.
    if (this.#signingKeys.size >= SIGNING_KEY_COUNT_MAX) {
      this.#signingKeys.clear();
    }
    this.#signingKeys.set(scope, key);
    return key;
  }
}

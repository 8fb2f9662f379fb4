/**
 * Signatures by aws4 must be accepted, and refused as soon as one thing that
 * they cover is another. What a refusal says is what clients act on.
 */
import aws4 from "aws4";
import t from "tap";
import type { ReceivedRequest } from "../../../../engine/local_kinesis/auth/canonical_request.ts";
import {
  type KeyPair,
  SignatureVerifier,
} from "../../../../engine/local_kinesis/auth/signature_verifier.ts";
import { ServiceError } from "../../../../engine/local_kinesis/service_error.ts";
import { HandClock } from "../hand_clock.ts";
import { LOCAL_PAIR } from "../test_kinesis.ts";

const OWN_PAIR: KeyPair = { accessKeyId: "AKIDOWN", secretAccessKey: "s3cret" };

interface SignOptions {
  readonly keyPair?: KeyPair;
  readonly date?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly service?: string;
  readonly sessionToken?: string;
}

const BODY = Buffer.from('{"StreamName":"taxi"}');

function signed(options: SignOptions = {}): ReceivedRequest {
  const { keyPair = LOCAL_PAIR, date = "20160101T000000Z" } = options;
  const request = aws4.sign(
    {
      method: "POST",
      host: "127.0.0.1:4567",
      path: options.path ?? "/",
      service: options.service ?? "kinesis",
      region: "eu-west-1",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "Kinesis_20131202.ListShards",
        "x-amz-date": date,
        ...options.headers,
      },
      body: String(BODY),
    },
    options.sessionToken === undefined
      ? keyPair
      : { ...keyPair, sessionToken: options.sessionToken },
  );
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    headers[name.toLowerCase()] = String(value);
  }
  return { method: "POST", target: options.path ?? "/", headers, body: BODY };
}

function verifier(keyPair?: KeyPair): SignatureVerifier {
  return new SignatureVerifier({ clock: new HandClock(), keyPair });
}

/** The type of the refusal; `undefined` if there is none. */
function refusal(request: ReceivedRequest, by = verifier()) {
  try {
    by.verify(request);
    return undefined;
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
}

function withHeader(request: ReceivedRequest, name: string, value?: string) {
  const headers = { ...request.headers, [name]: value };
  if (value === undefined) delete headers[name];
  return { ...request, headers };
}

t.test("SignatureVerifier.verify() accepts what aws4 signs", async (t) => {
  for (const options of [
    {},
    { path: "/a%20b/c?x=1&b=%2F&a" },
    { headers: { "x-amz-meta": "  two   spaces  " } },
    { sessionToken: "token" },
  ]) {
    t.equal(refusal(signed(options)), undefined, JSON.stringify(options));
  }
  const own = signed({ keyPair: OWN_PAIR });
  t.equal(refusal(own, verifier(OWN_PAIR)), undefined);
});

t.test("SignatureVerifier.verify() refuses what was changed", async (t) => {
  const good = signed();
  const authorization = String(good.headers["authorization"]);
  const last = authorization.endsWith("0") ? "1" : "0";
  const tampered: readonly ReceivedRequest[] = [
    { ...good, body: Buffer.from('{"StreamName":"taxis"}') },
    { ...good, body: Buffer.alloc(0) },
    { ...good, method: "PUT" },
    { ...good, target: "/other" },
    { ...good, target: "/?a=b" },
    withHeader(good, "x-amz-target", "Kinesis_20131202.DeleteStream"),
    withHeader(good, "host", "127.0.0.1:4568"),
    withHeader(good, "x-amz-date", "20160101T000001Z"),
    withHeader(good, "authorization", authorization.slice(0, -1) + last),
    withHeader(
      good,
      "authorization",
      authorization.replace("eu-west-1", "eu-west-2"),
    ),
    signed({ keyPair: { ...LOCAL_PAIR, secretAccessKey: "other" } }),
  ];
  for (const request of tampered) {
    const refused = refusal(request);
    t.equal(refused?.type, "InvalidSignatureException");
    t.equal(refused?.status, 400);
    t.match(refused?.message, /does not match/);
  }
});

t.test("SignatureVerifier.verify() refuses other times", async (t) => {
  const cases = [
    ["20151231T235500Z", undefined],
    ["20151231T235459Z", /^Signature expired: 20151231T235459Z is now earlier/],
    ["20160101T000500Z", undefined],
    ["20160101T000501Z", /^Signature not yet current/],
    ["20150101T000000Z", /^Signature expired/],
  ] as const;
  for (const [date, message] of cases) {
    const refused = refusal(signed({ date }));
    if (message === undefined) t.equal(refused, undefined, date);
    else {
      t.equal(refused?.type, "InvalidSignatureException");
      t.match(refused?.message, message);
    }
  }
});

t.test("SignatureVerifier.verify() refuses what is incomplete", async (t) => {
  const good = signed();
  const header = String(good.headers["authorization"]);
  const missing = refusal(withHeader(good, "authorization"));
  t.equal(missing?.type, "MissingAuthenticationTokenException");
  t.equal(missing?.message, "Missing Authentication Token");
  for (const value of [
    "X",
    "",
    "Bearer abc",
    "AWS4-HMAC-SHA256 Credential=a",
    header.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
    header.replace("/aws4_request", ""),
    header.replace("/aws4_request", "/aws4_request/x"),
    header.replace("flagdrop-local", "bad key!"),
    header.replace("/20160101/", "/2016/"),
    header.replace(/Signature=.*/, "Signature=abc"),
    header.replace(/SignedHeaders=[^,]*/, "SignedHeaders="),
  ]) {
    const refused = refusal(withHeader(good, "authorization", value));
    t.equal(refused?.type, "IncompleteSignatureException", value);
  }
  const undated = refusal(withHeader(good, "x-amz-date"));
  t.equal(undated?.type, "IncompleteSignatureException");
  t.match(undated?.message, /requires existence of either a 'X-Amz-Date'/);
});

t.test(
  "SignatureVerifier.verify() refuses headers left unsigned",
  async (t) => {
    const good = signed();
    const header = String(good.headers["authorization"]);
    for (const name of ["host", "x-amz-date"]) {
      const signedHeaders = /SignedHeaders=([^,]*)/.exec(header)?.[1] ?? "";
      const fewer = signedHeaders
        .split(";")
        .filter((one) => one !== name)
        .join(";");
      const refused = refusal(
        withHeader(good, "authorization", header.replace(signedHeaders, fewer)),
      );
      t.equal(refused?.type, "InvalidSignatureException");
      t.match(refused?.message, `'${name}' must be a 'SignedHeader'`);
    }
    const gone = refusal(withHeader(good, "x-amz-target"));
    t.match(gone?.message, /'x-amz-target' is not in the request/);
  },
);

t.test("SignatureVerifier.verify() refuses other scopes", async (t) => {
  const other = refusal(signed({ service: "dynamodb" }));
  t.match(other?.message, /should be scoped to correct service: 'kinesis'/);
  const good = signed();
  const header = String(good.headers["authorization"]);
  const day = refusal(
    withHeader(
      good,
      "authorization",
      header.replace("/20160101/", "/20160102/"),
    ),
  );
  t.match(day?.message, /Date in Credential scope does not match/);
});

t.test("SignatureVerifier without a pair accepts any access key", async (t) => {
  const stranger = { accessKeyId: "test", secretAccessKey: "unknown" };
  t.equal(refusal(signed({ keyPair: stranger })), undefined);
  const late = signed({ keyPair: stranger, date: "20160102T000000Z" });
  t.match(refusal(late)?.message, /not yet current/);
});

t.test("SignatureVerifier with a pair accepts no other", async (t) => {
  const own = verifier(OWN_PAIR);
  const refused = refusal(signed(), own);
  t.equal(refused?.type, "UnrecognizedClientException");
  const guessed = { ...OWN_PAIR, secretAccessKey: "guess" };
  t.equal(
    refusal(signed({ keyPair: guessed }), own)?.type,
    "InvalidSignatureException",
  );
});

t.test(
  "SignatureVerifier.verify() takes HTTP/2's name for the host",
  async (t) => {
    const good = signed();
    const header = String(good.headers["authorization"]);
    // The same text to sign but for the name makes another signature.
    const renamed = withHeader(
      { ...good, headers: { ...good.headers, ":authority": "127.0.0.1:4567" } },
      "authorization",
      header.replace("host;", ":authority;"),
    );
    t.match(refusal(renamed)?.message, /does not match/);
  },
);

t.test(
  "SignatureVerifier forgets signing keys it has too many of",
  async (t) => {
    const own = verifier();
    for (let region = 0; region < 100; region++) {
      const request = aws4.sign(
        {
          method: "POST",
          host: "h",
          path: "/",
          service: "kinesis",
          region: `region-${region}`,
          headers: { "x-amz-date": "20160101T000000Z" },
          body: "",
        },
        LOCAL_PAIR,
      );
      const headers: Record<string, string> = {};
      for (const [name, value] of Object.entries(request.headers ?? {})) {
        headers[name.toLowerCase()] = String(value);
      }
      const received = {
        method: "POST",
        target: "/",
        headers,
        body: Buffer.alloc(0),
      };
      t.equal(refusal(received, own), undefined);
    }
  },
);

import t from "tap";
import {
  bareErrorCode,
  kinesisErrorKind,
} from "../../../engine/kinesis/request_error.ts";

t.test("kinesisErrorKind() tells kinds by code, then by status", async (t) => {
  const kind = (status: number, code = "", message = "") =>
    kinesisErrorKind({ status, code, message });
  t.equal(kind(400, "ProvisionedThroughputExceededException"), "throttled");
  t.equal(kind(400, "LimitExceededException"), "throttled");
  t.equal(kind(400, "KMSThrottlingException"), "throttled");
  t.equal(kind(400, "ExpiredIteratorException"), "expired_iterator");
  t.equal(kind(400, "ResourceNotFoundException"), "unknown_resource");
  t.equal(kind(400, "ExpiredTokenException"), "credentials");
  t.equal(
    kind(403, "InvalidSignatureException", "it does not match"),
    "credentials",
  );
  t.equal(
    kind(
      403,
      "InvalidSignatureException",
      "Signature expired: 20160101T000000Z is now earlier than 20160101T000500Z",
    ),
    "clock",
  );
  t.equal(
    kind(403, "InvalidSignatureException", "Signature not yet current: …"),
    "clock",
  );
  t.equal(kind(400, "AccessDeniedException"), "denied");
  t.equal(kind(400, "KMSAccessDeniedException"), "denied");
  t.equal(kind(400, "SerializationException"), "encoding");
  t.equal(kind(500, "InternalFailure"), "transient");
  t.equal(kind(503), "transient");
  t.equal(kind(429), "throttled");
  t.equal(kind(415), "encoding");
  t.equal(kind(403), "denied");
  t.equal(kind(400, "KMSDisabledException"), "refused");
  t.equal(kind(404), "refused");
});

t.test("bareErrorCode() strips namespace and address", async (t) => {
  t.equal(bareErrorCode("com.amazonaws.kinesis#Name"), "Name");
  t.equal(bareErrorCode("Name:http://internal.amazon.com/"), "Name");
  t.equal(bareErrorCode("Name"), "Name");
  t.equal(bareErrorCode(""), "");
});

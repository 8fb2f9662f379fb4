/**
 * Goal: prepared signatures are those of aws4. Method: both sign the same
 * generated requests, with one signer for all of a kind.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { PreparedSigner } from "../../../engine/aws/prepared_signer.ts";
import { signedHeaders } from "../../../engine/aws/signer.ts";

const text = (minLength: number) =>
  fc.string({ unit: fc.constantFrom(..."Ab9/+=é"), minLength, maxLength: 40 });
const ascii = (minLength: number) =>
  fc.string({ unit: fc.constantFrom(..."Ab9/+="), minLength, maxLength: 40 });

t.test("PreparedSigner.sign() gives what aws4 gives", async (t) => {
  const signers = new Map<string, PreparedSigner>();
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.record({
          endpoint: fc.constantFrom(
            "https://kinesis.us-east-1.amazonaws.com/",
            "http://127.0.0.1:4567",
            "http://localhost:4567/some%20where/x?a=b",
          ),
          keys: fc.record({
            accessKeyId: ascii(1),
            secretAccessKey: text(1),
            sessionToken: fc.oneof(fc.constant(""), ascii(1)),
          }),
          nowMs: fc.integer({
            min: 1_700_000_000_000,
            max: 1_700_000_400_000_000,
          }),
          clockSkewMs: fc.integer({ min: -900_000, max: 900_000 }),
          bytes: fc.uint8Array({ minLength: 1, maxLength: 60 }),
        }),
        ({ endpoint, keys, nowMs, clockSkewMs, bytes }) => {
          const kind = {
            method: "POST",
            url: new URL(endpoint),
            service: "kinesis",
            region: "us-east-1",
            headers: {
              "content-type": "application/x-amz-cbor-1.1",
              "x-amz-target": "Kinesis_20131202.GetRecords",
              "user-agent": "flagdrop",
            },
          };
          const body = Buffer.from(bytes);
          const moment = {
            credentials: { ...keys, expiresAtMs: Number.POSITIVE_INFINITY },
            nowMs,
            clockSkewMs,
          };
          const signer = signers.get(endpoint) ?? new PreparedSigner(kind);
          signers.set(endpoint, signer);
          assert.deepEqual(
            signer.sign(body, moment),
            signedHeaders({ ...kind, body }, { ...kind, ...moment }),
          );
        },
      ),
      { numRuns: 400 },
    ),
  );
});

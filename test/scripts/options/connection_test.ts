import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import t from "tap";
import {
  addConnectionOptions,
  type ConnectionOptions,
  connectionFrom,
  endpointOption,
} from "../../../scripts/options/connection.ts";

const ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/taxi";
const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n";

t.test("connectionFrom() finds the region, the nearest first", async (t) => {
  const env = { AWS_REGION: "us-west-2", AWS_DEFAULT_REGION: "us-east-2" };
  const cases: readonly (readonly [ConnectionOptions, object, string])[] = [
    [{ region: "ap-south-1" }, env, "ap-south-1"],
    [{ stream: ARN }, env, "eu-west-1"],
    [{ stream: ARN, region: "eu-west-1" }, env, "eu-west-1"],
    [{ stream: "taxi" }, env, "us-west-2"],
    [{}, { AWS_REGION: "", AWS_DEFAULT_REGION: "us-east-2" }, "us-east-2"],
    [{ endpoint: "http://127.0.0.1:4567" }, {}, "us-east-1"],
    [{ endpoint: "http://localhost:4567" }, {}, "us-east-1"],
  ];
  for (const [options, variables, region] of cases) {
    const connection = await connectionFrom(options, { ...variables });
    t.equal(connection.region, region, JSON.stringify(options));
  }
});

t.test("connectionFrom() says what to do without a region", async (t) => {
  for (const options of [{}, { endpoint: "https://kinesis.example:443" }]) {
    await t.rejects(connectionFrom(options, {}), {
      code: "FD_OPTION",
      message:
        "Cannot tell the AWS region: give --region or set AWS_REGION, or give --endpoint for a local Kinesis",
    });
  }
});

t.test("connectionFrom() refuses a region that isn't the ARN's", async (t) => {
  await t.rejects(connectionFrom({ stream: ARN, region: "us-east-1" }, {}), {
    code: "FD_OPTION",
    message: /^Cannot use "us-east-1" as --region .*"eu-west-1"/,
  });
});

t.test(
  "connectionFrom() uses the region's endpoint or the given one",
  async (t) => {
    const { endpoint } = await connectionFrom({ region: "eu-west-1" }, {});
    t.equal(endpoint, "https://kinesis.eu-west-1.amazonaws.com");
    const local = await connectionFrom({ endpoint: "http://[::1]:4567" }, {});
    t.equal(local.endpoint, "http://[::1]:4567");
  },
);

t.test("connectionFrom() reads the CA file", async (t) => {
  const folder = t.testdir({ "ca.pem": CERTIFICATE, "no.pem": "hello" });
  const connection = await connectionFrom(
    { region: "eu-west-1", caFile: join(folder, "ca.pem") },
    {},
  );
  t.equal(connection.caPem, CERTIFICATE);
  t.equal((await connectionFrom({ region: "eu-west-1" }, {})).caPem, "");
  for (const name of ["no.pem", "missing.pem", "."]) {
    await t.rejects(
      connectionFrom({ region: "eu-west-1", caFile: join(folder, name) }, {}),
      { code: "FD_OPTION", message: /^Cannot (use|read) ".*" as --ca-file/ },
    );
  }
});

t.test(
  "endpointOption() takes http and https addresses without a path",
  async (t) => {
    t.equal(endpointOption("http://127.0.0.1:4567/"), "http://127.0.0.1:4567");
    t.equal(endpointOption("https://vpce.example"), "https://vpce.example");
    for (const text of [
      "127.0.0.1:4567",
      "localhost",
      "ftp://x",
      "http://x/path",
      "http://x/?q",
      "http://user:pass@x",
      "",
    ]) {
      t.throws(() => endpointOption(text), InvalidArgumentError, text);
    }
  },
);

t.test("addConnectionOptions() checks region and role", async (t) => {
  const parse = (...argv: string[]) =>
    addConnectionOptions(new Command())
      .exitOverride()
      .configureOutput({ outputError() {} })
      .parse(argv, { from: "user" })
      .opts();
  const role = "arn:aws:iam::123456789012:role/reader";
  t.strictSame(parse("--region", "us-gov-west-1", "--role-arn", role), {
    region: "us-gov-west-1",
    roleArn: role,
  });
  t.throws(() => parse("--region", "Ireland"), /eu-west-1/);
  t.throws(() => parse("--role-arn", "reader"), /arn:aws:iam/);
});

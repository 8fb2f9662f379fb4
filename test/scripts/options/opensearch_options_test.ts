/** Goal: what a user leaves away is found out, and what is contradictory said. */
import { join } from "node:path";
import t from "tap";
import { opensearchSettings } from "../../../scripts/options/opensearch_options.ts";

const DOMAIN = "https://search-x.eu-west-1.es.amazonaws.com";
const COLLECTION = "https://abc.us-east-2.aoss.amazonaws.com";
const OWN = "https://search.example.com";
const EMPTY = { env: {} };

t.test(
  "service and region are told by the host, unless they are set",
  async (t) => {
    const domain = await opensearchSettings(DOMAIN, { region: "us-west-2" });
    t.match(domain.auth, { type: "sigv4", service: "es", region: "eu-west-1" });
    const collection = await opensearchSettings(COLLECTION, {});
    t.match(collection.auth, { service: "aoss", region: "us-east-2" });
    const own = await opensearchSettings(
      OWN,
      { region: "eu-central-1" },
      EMPTY,
    );
    t.match(own.auth, { service: "es", region: "eu-central-1" });
    const set = await opensearchSettings(OWN, {
      region: "eu-central-1",
      opensearchService: "aoss",
    });
    t.match(set.auth, { service: "aoss" });
  },
);

t.test("a user means basic; the option wins over the address", async (t) => {
  const urls = "https://u:p%40ss@a.test:9200,https://b.test:9200";
  t.match(await opensearchSettings(urls, {}, EMPTY), {
    origins: ["https://a.test:9200", "https://b.test:9200"],
    auth: { type: "basic", user: "u", password: "p@ss" },
  });
  const other = { opensearchUser: "v", opensearchPassword: "w" };
  t.match((await opensearchSettings(urls, other, EMPTY)).auth, {
    user: "v",
    password: "w",
  });
  const none = await opensearchSettings(OWN, { opensearchAuth: "none" }, EMPTY);
  t.strictSame(none.auth, { type: "none" });
});

t.test(
  "what doesn't fit together is refused without the password",
  async (t) => {
    const urls = "https://u:secret@a.test";
    for (const opensearchAuth of ["none", "sigv4"] as const) {
      const error = await opensearchSettings(urls, { opensearchAuth }).catch(
        (error: Error) => error,
      );
      t.match(error, {
        code: "FD_OPTION",
        message: `Cannot use a user with --opensearch-auth ${opensearchAuth}`,
      });
      t.notMatch((error as Error).message, "secret");
    }
    await t.rejects(opensearchSettings(OWN, { opensearchAuth: "basic" }), {
      code: "FD_OPTION",
      message: /FLAGDROP_OPENSEARCH_PASSWORD/,
    });
  },
);

t.test("an authority is read from its file", async (t) => {
  const folder = t.testdir({ "ca.pem": "-----BEGIN CERTIFICATE-----\n" });
  const caFile = join(folder, "ca.pem");
  const options = { opensearchAuth: "none", caFile } as const;
  const { caPem } = await opensearchSettings(OWN, options, EMPTY);
  t.match(caPem, "BEGIN CERTIFICATE");
  await t.rejects(
    opensearchSettings(OWN, { ...options, caFile: join(folder, "none") }),
    { code: "FD_OPTION" },
  );
});

/** Goal: addresses are read as they are meant, and never tell a password. */
import t from "tap";
import { createSink, parseSink } from "../../../../engine/sink/open_sink.ts";
import {
  maskedUrls,
  parseOpensearchUrls,
  serviceOf,
} from "../../../../engine/sink/opensearch/opensearch_settings.ts";
import { TAXI } from "../windows.ts";

t.test("parseOpensearchUrls() reads several addresses and one user", (t) => {
  t.strictSame(
    parseOpensearchUrls("https://u:p%40%2Fx@a.test, http://b.test:9200/"),
    {
      origins: ["https://a.test", "http://b.test:9200"],
      user: "u",
      password: "p@/x",
    },
  );
  t.end();
});

t.test("errors and names tell no password", (t) => {
  const wrong = [
    "https://u:secret@a.test/path",
    "https://u:secret@a.test,https://u:secret@a.test",
    "https://u:sec@ret@a.test/x",
    "ftp://u:secret@a.test",
    "u:secret@a.test",
  ];
  for (const text of wrong) {
    const thrown = t.throws(() => parseOpensearchUrls(text)) as Error;
    t.notMatch(thrown.message, /sec/, thrown.message);
    t.throws(() => parseSink(`opensearch:${text}`), { code: "FD_OPTION" });
    t.notMatch(maskedUrls(text), /sec/);
  }
  const misspelt = t.throws(() => parseSink("opensaerch:https://u:secret@a"));
  t.notMatch((misspelt as Error).message, /secret/);
  const urls = "https://u:secret@a.test";
  t.strictSame(parseSink(`opensearch:${urls}`), { kind: "opensearch", urls });
  const sink = createSink(parseSink(`opensearch:${urls}`), {
    plan: TAXI,
    opensearch: {
      origins: parseOpensearchUrls(urls).origins,
      auth: { type: "basic", user: "u", password: "secret" },
      caPem: "",
      indexPrefix: "x",
      indexTime: "none",
      emitsEarly: false,
      hasIds: true,
      replacesTemplates: false,
      gzip: false,
    },
  });
  t.equal(sink.name, "opensearch:https://a.test");
  t.end();
});

t.test("serviceOf() knows domains and collections by their names", (t) => {
  const cases = [
    ["https://search-x-abc.eu-west-1.es.amazonaws.com", "es", "eu-west-1"],
    ["https://x.us-gov-west-1.es.amazonaws.com", "es", "us-gov-west-1"],
    ["https://abc.us-east-2.aoss.amazonaws.com", "aoss", "us-east-2"],
    ["https://abc.aoss.eu-west-1.on.aws", "aoss", "eu-west-1"],
    ["https://search-x.aos.eu-west-1.on.aws", "es", "eu-west-1"],
    ["http://127.0.0.1:9200", "es", undefined],
  ] as const;
  for (const [origin, service, region] of cases) {
    t.strictSame(serviceOf(origin), { service, region }, origin);
  }
  t.end();
});

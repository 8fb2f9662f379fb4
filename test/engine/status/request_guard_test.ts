import t from "tap";
import { refusalOf } from "../../../engine/status/request_guard.ts";

function isRefused(
  host: string | undefined,
  origin?: string,
  boundHost = "127.0.0.1",
): boolean {
  return refusalOf({ host, origin }, boundHost) !== undefined;
}

t.test("refusalOf() lets loopback names in, whatever the port", async (t) => {
  for (const host of [
    "localhost:8787",
    "LOCALHOST",
    "127.0.0.1:8787",
    "[::1]:9000",
  ]) {
    t.notOk(isRefused(host), host);
  }
});

t.test("refusalOf() refuses names that others can point here", async (t) => {
  for (const host of [
    "evil.example:8787",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "192.168.1.7:8787",
    "localhost@evil.example",
    "localhost/",
    "",
    undefined,
  ]) {
    t.ok(isRefused(host), host ?? "(none)");
  }
});

t.test(
  "refusalOf() lets the bound host in, and addresses on a wildcard",
  async (t) => {
    t.notOk(isRefused("flagdrop.internal:80", undefined, "flagdrop.internal"));
    t.ok(isRefused("other.internal:80", undefined, "flagdrop.internal"));
    t.notOk(isRefused("10.0.0.5:8787", undefined, "0.0.0.0"));
    t.notOk(isRefused("[fe80::1]:8787", undefined, "::"));
    t.ok(isRefused("evil.example:8787", undefined, "0.0.0.0"));
  },
);

t.test("refusalOf() refuses other origins", async (t) => {
  t.notOk(isRefused("127.0.0.1:8787", "http://127.0.0.1:8787"));
  for (const origin of [
    "http://127.0.0.1:8788",
    "https://127.0.0.1:8787",
    "http://localhost:8787",
    "http://evil.example",
    "null",
  ]) {
    t.ok(isRefused("127.0.0.1:8787", origin), origin);
  }
});

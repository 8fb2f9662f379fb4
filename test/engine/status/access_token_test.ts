import t from "tap";
import {
  AccessToken,
  checkProtection,
} from "../../../engine/status/access_token.ts";

const TOKEN = "0123456789abcdef";

function admits(
  request: { authorization?: string; cookie?: string },
  token = new AccessToken(TOKEN, 8787),
): boolean {
  const { authorization, cookie } = request;
  return token.admits({ authorization, cookie });
}

t.test(
  "admits() takes the token as a bearer, and nothing like it",
  async (t) => {
    t.ok(admits({ authorization: `Bearer ${TOKEN}` }));
    t.ok(admits({ authorization: `bearer  ${TOKEN}` }));
    for (const authorization of [
      undefined,
      "",
      TOKEN,
      "Bearer ",
      `Bearer ${TOKEN}0`,
      `Bearer ${TOKEN.slice(1)}`,
      `Basic ${TOKEN}`,
    ]) {
      t.notOk(admits(authorization === undefined ? {} : { authorization }));
    }
  },
);

t.test("the cookie stands for the token but doesn't hold it", async (t) => {
  const token = new AccessToken(TOKEN, 8787);
  t.notMatch(token.cookie, TOKEN);
  t.match(token.cookie, /HttpOnly; SameSite=Strict/);
  const [pair = ""] = token.cookie.split(";");
  t.ok(admits({ cookie: `other=1; ${pair}; more=2` }));
  t.ok(
    admits({ cookie: pair }, new AccessToken(TOKEN, 8787)),
    "another run with the same token lets it in again",
  );
  t.notOk(admits({ cookie: pair }, new AccessToken(`${TOKEN}x`, 8787)));
  t.notOk(admits({ cookie: pair }, new AccessToken(TOKEN, 8788)));
  t.notOk(admits({ cookie: `flagdrop_8787=${TOKEN}` }));
  t.notOk(
    admits({ cookie: pair, authorization: "Bearer wrong-wrong-wrong" }),
    "a wrong header is not made good by the cookie",
  );
});

t.test("checkProtection() wants a token beyond loopback", async (t) => {
  const isRefused = (protection: Parameters<typeof checkProtection>[0]) => {
    try {
      checkProtection(protection);
      return false;
    } catch {
      return true;
    }
  };
  for (const host of ["127.0.0.1", "127.8.8.8", "::1", "localhost"]) {
    t.notOk(isRefused({ host }), host);
  }
  for (const host of ["0.0.0.0", "::", "10.0.0.5", "host.internal"]) {
    t.ok(isRefused({ host }), host);
    t.notOk(isRefused({ host, isInsecure: true }), host);
    t.notOk(isRefused({ host, token: TOKEN }), host);
  }
  t.ok(isRefused({ host: "127.0.0.1", token: TOKEN.slice(1) }), "short");
  t.ok(isRefused({ host: "127.0.0.1", token: `${TOKEN} x` }), "with a space");
});

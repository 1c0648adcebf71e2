import { describe, expect, it } from "vitest";
import { redirectTo } from "../../src/accounts/connect-errors.ts";
import { nextRenewal } from "../../src/accounts/renewal-times.ts";
import { checkRedirectUrl } from "../../src/lib/outbound-url.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe("the client's address, with what became of a consent", () => {
  it.each<[string, string]>([
    ["https://client.example", "https://client.example/?accounts=acc_1,acc_2"],
    ["https://client.example/done", "https://client.example/done?accounts=acc_1,acc_2"],
    ["https://client.example/done?", "https://client.example/done?accounts=acc_1,acc_2"],
    ["https://client.example/?a=b%20c&d=%C3%BC", "https://client.example/?a=b%20c&d=%C3%BC&accounts=acc_1,acc_2"],
    ["https://client.example/?a=1#/view", "https://client.example/?a=1&accounts=acc_1,acc_2#/view"],
  ])("%s", (address, expected) => {
    expect(redirectTo(address, { accounts: "acc_1,acc_2" })).toBe(expected);
  });
});

describe("an address that a browser is sent to", () => {
  const check = (text: string, allowPrivateTargets = false) =>
    checkRedirectUrl(text, { allowPrivateTargets, publicOrigin: "http://ours.example" }).is;

  it.each([
    "https://client.example/x?y=1",
    "https://client.example:8443/",
    "https://intranet/",
    "http://ours.example/x",
  ])("may be %s", (text) => {
    expect(check(text)).toBe("allowed");
  });

  it.each([
    "http://client.example/",
    "ftp://client.example/",
    "javascript:alert(1)",
    "//client.example",
    "",
    "https://a:b@c.example/",
  ])("may not be %s", (text) => {
    expect(check(text)).toBe("refused");
    expect(check(text, true)).toBe("refused");
  });

  it("may be loopback in development", () => {
    for (const text of ["http://localhost:3000/back", "http://127.0.0.1/", "http://[::1]:8/"]) {
      expect([check(text), check(text, true)]).toEqual(["refused", "allowed"]);
    }
  });

  it("has an end", () => {
    expect(check(`https://client.example/${"x".repeat(2_048)}`)).toBe("refused");
  });
});

describe("a token is renewed", () => {
  it.each<[string, number | null, number]>([
    ["weekly", 60 * DAY, 7 * DAY],
    ["ten days before it ends, when that is sooner", 14 * DAY, 4 * DAY],
    ["never before it is a day old", 2 * DAY, 25 * HOUR],
    ["a day later where nobody says when it ends", null, 25 * HOUR],
  ])("%s", (_name, life, wait) => {
    const now = 1_000_000;
    expect(nextRenewal(life === null ? null : now + life, now) - now).toBe(wait);
  });
});

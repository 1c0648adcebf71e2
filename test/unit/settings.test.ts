import { describe, expect, it } from "vitest";
import type { Env } from "../../src/env.ts";
import { SettingsError, settingsOf } from "../../src/env.ts";

const GOOD = {
  ADMIN_TOKEN: "0123456789abcdefghijklmn",
  API_KEY_PEPPER: "nmlkjihgfedcba9876543210",
  ENCRYPTION_KEYS: `new:${btoa("n".repeat(32))},old:${btoa("o".repeat(32))}`,
  PUBLIC_ORIGIN: "https://api.example.com",
};

const read = (values: Record<string, string | undefined>) => settingsOf(values as unknown as Env);

describe("the settings", () => {
  it("have defaults for all that is not a secret of the deployment", () => {
    expect(read(GOOD)).toMatchObject({
      publicOrigin: "https://api.example.com",
      allowPrivateTargets: false,
      alertUrl: null,
      settleScale: 1,
      meta: {
        graphVersion: "v26.0",
        facebookOrigin: "https://graph.facebook.com",
        instagramOrigin: "https://graph.instagram.com",
        uploadOrigin: "https://rupload.facebook.com",
        appId: null,
        appSecret: null,
      },
      login: {
        facebookDialogOrigin: "https://www.facebook.com",
        instagramDialogOrigin: "https://www.instagram.com",
        instagramTokenOrigin: "https://api.instagram.com",
        facebookApp: null,
        instagramApp: null,
      },
    });
    expect(read(GOOD).encryptionKeys.map((key) => key.id)).toEqual(["new", "old"]);
  });

  it.each<[string, Record<string, string | undefined>, RegExp]>([
    ["ADMIN_TOKEN is missing", { ADMIN_TOKEN: undefined }, /ADMIN_TOKEN is missing/],
    [
      "several are missing",
      { ADMIN_TOKEN: undefined, ENCRYPTION_KEYS: undefined },
      /ADMIN_TOKEN is missing; ENCRYPTION_KEYS is missing/,
    ],
    ["the pepper is short", { API_KEY_PEPPER: "short" }, /API_KEY_PEPPER must have at least 24/],
    ["the old pepper is short", { API_KEY_PEPPER_OLD: "short" }, /API_KEY_PEPPER_OLD must have at least 16/],
    ["the old admin token is short", { ADMIN_TOKEN_OLD: "short" }, /ADMIN_TOKEN_OLD must have at least 16/],
    ["a secret is empty", { API_KEY_PEPPER: "" }, /API_KEY_PEPPER must have at least 24/],
    ["a secret is an example", { ADMIN_TOKEN: "please-change-me-0123456789" }, /ADMIN_TOKEN is an example/],
    ["a secret is one letter", { API_KEY_PEPPER: "x".repeat(40) }, /API_KEY_PEPPER is an example/],
    ["a key is nothing", { ENCRYPTION_KEYS: `k1:${btoa("\0".repeat(32))}` }, /ENCRYPTION_KEYS is an example/],
    ["a key is no key", { ENCRYPTION_KEYS: "k1:short" }, /ENCRYPTION_KEYS must be a list/],
    ["the origin has a path", { PUBLIC_ORIGIN: "https://api.example.com/v1" }, /PUBLIC_ORIGIN must be an origin/],
    ["a version is none", { META_GRAPH_VERSION: "26" }, /META_GRAPH_VERSION/],
    ["alerts go in clear", { ALERT_URL: "http://alerts.example.org/x" }, /ALERT_URL must begin with https/],
    ["alerts go inside", { ALERT_URL: "https://10.0.0.1/x" }, /ALERT_URL must name a host, not an address/],
    ["alerts come back", { ALERT_URL: "https://api.example.com/x" }, /ALERT_URL must not lead back/],
    ["the address of alerts is none", { ALERT_URL: "secret" }, /ALERT_URL is not a URL/],
    [
      "private targets are open to the world",
      { ALLOW_PRIVATE_TARGETS: "true" },
      /ALLOW_PRIVATE_TARGETS is for development/,
    ],
    ["settling is shortened", { SETTLE_SCALE: "0.05" }, /SETTLE_SCALE below 1 is for development/],
    ["a number is none", { SETTLE_SCALE: "soon" }, /SETTLE_SCALE Invalid input/],
    [
      "much is wrong, all of it at once",
      { ADMIN_TOKEN: undefined, API_KEY_PEPPER: "short", ALLOW_PRIVATE_TARGETS: "true", SETTLE_SCALE: "0.5" },
      /ADMIN_TOKEN is missing; API_KEY_PEPPER must .*; ALLOW_PRIVATE_TARGETS is for .*; SETTLE_SCALE below 1 is for/,
    ],
  ])("are refused when %s, by name and without a value", (_name, spoilt, message) => {
    const values = { ...GOOD, ...spoilt };
    expect(() => read(values)).toThrow(SettingsError);
    expect(() => read(values)).toThrow(message);
    try {
      read(values);
    } catch (error) {
      for (const secret of Object.values(GOOD).slice(0, 3)) expect(String(error)).not.toContain(secret);
    }
  });

  it("know a second pepper and a second admin token, where they are set to something", () => {
    const empty = read({ ...GOOD, ADMIN_TOKEN_OLD: "", API_KEY_PEPPER_OLD: "" });
    expect([empty.adminTokens, empty.apiKeyPeppers]).toEqual([[GOOD.ADMIN_TOKEN], [GOOD.API_KEY_PEPPER]]);
    const both = read({ ...GOOD, ADMIN_TOKEN_OLD: "fedcba9876543210", API_KEY_PEPPER_OLD: "9876543210fedcba" });
    expect(both.adminTokens).toEqual([GOOD.ADMIN_TOKEN, "fedcba9876543210"]);
    expect(both.apiKeyPeppers).toEqual([GOOD.API_KEY_PEPPER, "9876543210fedcba"]);
  });

  it("know an app only when both its id and its secret are set", () => {
    const apps = { META_APP_ID: "1", META_APP_SECRET: "s", INSTAGRAM_APP_ID: "2", INSTAGRAM_APP_SECRET: "" };
    expect(read({ ...GOOD, ...apps }).login).toMatchObject({
      facebookApp: { id: "1", secret: "s" },
      instagramApp: null,
    });
  });

  it("take the switches of development on an http origin", () => {
    const switches = { PUBLIC_ORIGIN: "http://localhost:8787", ALLOW_PRIVATE_TARGETS: "true", SETTLE_SCALE: "0.05" };
    expect(read({ ...GOOD, ...switches })).toMatchObject({ allowPrivateTargets: true, settleScale: 0.05 });
  });

  it("may stretch settling anywhere", () => {
    expect(read({ ...GOOD, SETTLE_SCALE: "2" }).settleScale).toBe(2);
  });
});

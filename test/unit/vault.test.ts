import { describe, expect, it } from "vitest";
import { createVault, grantRow } from "../../src/accounts/vault.ts";

const key = (id: string, fill: number) => ({ id, bytes: new Uint8Array(32).fill(fill) });
const ROW = grantRow("ws_1", "grant_1");

describe("the vault", () => {
  it("opens what it sealed", async () => {
    const vault = createVault([key("a", 1)]);
    expect(await vault.open(await vault.seal("secret token", ROW), ROW)).toBe("secret token");
  });

  it("seals the same secret differently each time, without a trace of it", async () => {
    const vault = createVault([key("a", 1)]);
    const [one, two] = [await vault.seal("secret", ROW), await vault.seal("secret", ROW)];
    expect(one).not.toBe(two);
    expect(one).not.toContain("secret");
  });

  it("opens nothing that was moved to another row", async () => {
    const vault = createVault([key("a", 1)]);
    const envelope = await vault.seal("secret", ROW);
    expect(await vault.open(envelope, grantRow("ws_1", "grant_2"))).toBeNull();
    expect(await vault.open(envelope, grantRow("ws_2", "grant_1"))).toBeNull();
  });

  it("opens nothing that was changed", async () => {
    const vault = createVault([key("a", 1)]);
    const envelope = await vault.seal("secret", ROW);
    const last = envelope.at(-3);
    expect(await vault.open(envelope.slice(0, -3) + (last === "A" ? "B" : "A") + envelope.slice(-2), ROW)).toBeNull();
    expect(await vault.open("v1.a.nonsense", ROW)).toBeNull();
    expect(await vault.open("", ROW)).toBeNull();
  });

  it("seals with the first key and opens with any, until a key is gone", async () => {
    const before = await createVault([key("a", 1)]).seal("secret", ROW);
    const rotating = createVault([key("b", 2), key("a", 1)]);
    expect(await rotating.open(before, ROW)).toBe("secret");
    expect(await rotating.seal("secret", ROW)).toMatch(/^v1\.b\./);
    expect(await createVault([key("b", 2)]).open(before, ROW)).toBeNull();
  });
});

import { describe, expect, it } from "vitest";
import { generateApiKey, modeOfApiKey } from "../../src/workspace/api-key.ts";
import { digestSecret, possibleDigests } from "../../src/workspace/peppers.ts";

describe("API keys", () => {
  it("carry the checksum of all that stands before it", () => {
    expect(modeOfApiKey(`apionics_live_${"0".repeat(30)}4F1XR1`)).toBe("live");
    expect(modeOfApiKey(`apionics_test_${"0".repeat(30)}0Gmv08`)).toBe("test");
  });

  it("are accepted as they are made", () => {
    for (let i = 0; i < 100; i++) {
      expect(generateApiKey("live")).toMatch(/^apionics_live_[0-9A-Za-z]{36}$/);
      expect(modeOfApiKey(generateApiKey("live"))).toBe("live");
      expect(modeOfApiKey(generateApiKey("test"))).toBe("test");
    }
  });

  it("cannot be relabelled", () => {
    expect(modeOfApiKey(generateApiKey("test").replace("_test_", "_live_"))).toBeNull();
  });

  it.each([
    "",
    "apionics_live_",
    `apionics_live_${"0".repeat(30)}4F1XR2`,
    `apionics_live_${"0".repeat(31)}4F1XR1`,
    `apionics_prod_${"0".repeat(30)}4F1XR1`,
    ` apionics_live_${"0".repeat(30)}4F1XR1`,
  ])("refuses %j", (key) => {
    expect(modeOfApiKey(key)).toBeNull();
  });

  it("are stored as a digest that depends on the pepper", async () => {
    const key = generateApiKey("live");
    const [one, two] = [await digestSecret(key, ["pepper one"]), await digestSecret(key, ["pepper two", "pepper one"])];
    expect(one.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(one.pepperId).toMatch(/^[0-9a-f]{8}$/);
    expect(two.digest).not.toBe(one.digest);
    expect(two.pepperId).not.toBe(one.pepperId);
    expect(await possibleDigests(key, ["pepper two", "pepper one"])).toEqual([two.digest, one.digest]);
  });
});

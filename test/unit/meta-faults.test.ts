import { describe, expect, it } from "vitest";
import { codeOf, faultOf, handleAfter, provesRefusal } from "../../src/platforms/meta/faults.ts";
import type { GraphError } from "../../src/platforms/meta/graph.ts";
import type { Fault } from "../../src/platforms/platform.ts";

const NOW = 1_000_000;
const HOUR = 3_600_000;

function error(code: number, subcode: number | null = null): GraphError {
  return { code, subcode, message: "words", trace: "trace", regainAccessAt: null };
}

/**
 * Every code of Meta's error pages that publishing can meet: what the task does, whether the answer proves that a commit
 * did not happen, and whether what was prepared can be used again.
 */
const TABLE: [
  code: number,
  subcode: number | null,
  kind: Fault["kind"],
  scope: Fault["scope"],
  proves: boolean,
  handle: "same" | "fresh",
][] = [
  [-2, 2207003, "retry", "post", false, "fresh"],
  [-2, 2207020, "retry", "post", false, "fresh"],
  [-1, 2207001, "retry", "post", false, "fresh"],
  [-1, 2207032, "retry", "post", false, "fresh"],
  [-1, 2207053, "retry", "post", false, "fresh"],
  [1, null, "retry", "post", false, "same"],
  [1, 2207057, "permanent", "post", true, "same"],
  [2, null, "retry", "post", false, "same"],
  [3, null, "permanent", "app", true, "same"],
  [4, null, "quota", "app", true, "same"],
  [4, 2207051, "quota", "account", false, "same"],
  [9, 2207042, "quota", "account", true, "same"],
  [10, null, "reauth", "grant", true, "same"],
  [17, null, "quota", "grant", true, "same"],
  [24, 2207006, "retry", "post", true, "fresh"],
  [24, 2207008, "retry", "post", true, "same"],
  [25, 2207050, "held", "account", true, "same"],
  [32, null, "quota", "account", true, "same"],
  [100, null, "permanent", "post", true, "same"],
  [100, 33, "retry", "post", true, "same"],
  [100, 2207023, "permanent", "post", true, "same"],
  [100, 2207028, "permanent", "post", true, "same"],
  [100, 2207040, "permanent", "post", true, "same"],
  [102, null, "reauth", "grant", true, "same"],
  [104, null, "permanent", "app", true, "same"],
  [190, null, "reauth", "grant", true, "same"],
  [190, 458, "reauth", "grant", true, "same"],
  [190, 460, "reauth", "grant", true, "same"],
  [190, 463, "reauth", "grant", true, "same"],
  [190, 492, "reauth", "grant", true, "same"],
  [197, null, "permanent", "post", true, "same"],
  [200, null, "reauth", "grant", true, "same"],
  [200, 1609008, "permanent", "post", true, "same"],
  [299, null, "reauth", "grant", true, "same"],
  [324, null, "permanent", "post", true, "same"],
  [341, null, "quota", "app", true, "same"],
  [352, 2207026, "permanent", "post", true, "same"],
  [368, null, "held", "account", false, "same"],
  [368, 1390008, "quota", "account", false, "same"],
  [368, 4854002, "held", "account", false, "same"],
  [506, null, "permanent", "post", false, "same"],
  [613, null, "quota", "grant", true, "same"],
  [803, null, "permanent", "post", true, "same"],
  [1500, null, "permanent", "post", true, "same"],
  [1609005, null, "permanent", "post", true, "same"],
  [2500, null, "permanent", "app", true, "same"],
  [9004, 2207052, "retry", "post", true, "fresh"],
  [9007, 2207027, "retry", "post", true, "same"],
  [36000, 2207004, "permanent", "post", true, "same"],
  [36001, 2207005, "permanent", "post", true, "same"],
  [36003, 2207009, "permanent", "post", true, "same"],
  [36004, 2207010, "permanent", "post", true, "same"],
  [80001, null, "quota", "account", true, "same"],
  [80002, null, "quota", "account", true, "same"],
  [999_999, null, "retry", "post", false, "same"],
];

describe("what Meta's error codes mean", () => {
  it.each(TABLE)(
    "%s/%s: %s of the %s, proves a refusal: %s, goes on with the %s handle",
    (code, subcode, kind, scope, proves, handle) => {
      const answer = error(code, subcode);
      expect(faultOf(answer, NOW)).toMatchObject({
        kind,
        scope,
        code: codeOf(answer),
        words: "words",
        trace: "trace",
      });
      expect(provesRefusal(answer)).toBe(proves);
      expect(handleAfter(answer)).toBe(handle);
    },
  );

  it("a throttle lifts when a header says so, and after an hour when none does", () => {
    expect(faultOf(error(80001), NOW).until).toBe(NOW + HOUR);
    expect(faultOf({ ...error(80001), regainAccessAt: NOW + 5 }, NOW).until).toBe(NOW + 5);
    expect(faultOf(error(2), NOW)).not.toHaveProperty("until");
  });
});

it("a location that Instagram does not know is named by the option that holds it", () => {
  const unknown = { ...error(100), message: "INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID" };
  expect(faultOf(unknown, NOW)).toMatchObject({ kind: "permanent", message: expect.stringMatching(/^location_id /) });
  expect(faultOf(error(100), NOW).message).not.toContain("location_id");
});

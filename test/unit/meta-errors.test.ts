import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { BY_CODE, BY_SUBCODE, meaningOf, UNLISTED } from "../../src/platforms/meta/error-codes.ts";
import { faultOf, provesRefusal } from "../../src/platforms/meta/faults.ts";
import type { GraphError } from "../../src/platforms/meta/graph.ts";

/*
 * The page that tells clients what each of Meta's errors does to a task, held against the code. Every code of Meta's
 * pages on publishing, error handling and rate limits is in it, and those that the field has met besides.
 */

const PAGE = readFileSync(resolve(import.meta.dirname, "../../docs/meta-errors.md"), "utf8");

const DOCUMENTED: [code: number, subcode?: number][] = [
  // Instagram Platform, error codes.
  [-2, 2207003],
  [-2, 2207020],
  [-1, 2207001],
  [-1, 2207032],
  [-1, 2207053],
  [1, 2207057],
  [4, 2207051],
  [9, 2207042],
  [24, 2207006],
  [24, 2207008],
  [25, 2207050],
  [100, 2207023],
  [100, 2207028],
  [100, 2207035],
  [100, 2207036],
  [100, 2207037],
  [100, 2207040],
  [352, 2207026],
  [9004, 2207052],
  [9007, 2207027],
  [36000, 2207004],
  [36001, 2207005],
  [36003, 2207009],
  [36004, 2207010],
  // Met in the field.
  [-1, 2207077],
  [-1, 2207081],
  [-1, 2207082],
  [-1, 2207085],
  [-1, 1363008],
  [100, 33],
  // Graph API, error handling and rate limiting.
  [1],
  [2],
  [3],
  [4],
  [10],
  [17],
  [32],
  [100],
  [102],
  [104],
  [190],
  [190, 458],
  [190, 459],
  [190, 460],
  [190, 463],
  [190, 464],
  [190, 467],
  [190, 492],
  [200],
  [200, 1609008],
  [341],
  [368],
  [368, 1390008],
  [368, 4854002],
  [368, 1404082],
  [368, 1404112],
  [368, 1346003],
  [368, 1404102],
  [368, 1404078],
  [506],
  [613],
  [613, 1996],
  [803],
  [2500],
  [80001],
  [80002],
  [80006],
  // Pages: feed, photos, videos, reels.
  [105],
  [197],
  [324],
  [1500],
  [5101],
  [1609005],
  [100, 1366046],
  [100, 1366051],
  [100, 2069019],
  [351],
  [352],
  [356],
  [382],
  [389],
  [6000],
  [6001],
  [6000, 1363019],
  [6000, 1363021],
  [6000, 1363022],
  [6000, 1363023],
  [6000, 1363024],
  [6000, 1363025],
  [6000, 1363026],
  [6000, 1363030],
  [6000, 1363031],
  [6000, 1363032],
  [6000, 1363033],
  [6000, 1363037],
  [6000, 1363041],
  [6000, 1363042],
  [6000, 1363045],
  [6000, 1363047],
  [100, 1363040],
  [100, 1363127],
  [100, 1363128],
  [100, 1363129],
];

const DOES = {
  retry: "tried again, eight times over six hours",
  quota: "waits until the limit lifts, for 72 hours",
  reauth: "held until the account is connected again, for 24 hours",
  held: "fails; the account's owner must act",
  permanent: "fails",
} as const;
const CODE = {
  retry: "platform_error",
  quota: "quota_exhausted",
  reauth: "account_needs_reconnect",
  held: "account_restricted",
  permanent: "platform_rejected",
} as const;

function errorOf(code: number, subcode: number | undefined): GraphError {
  return { code, subcode: subcode ?? null, message: "Meta's own words", trace: null, regainAccessAt: null };
}

function rowOf(code: number, subcode?: number): string[] {
  const error = errorOf(code, subcode);
  const fault = faultOf(error, 0);
  const commit = provesRefusal(error) ? "refused" : "read before anything else";
  return [`\`${fault.code}\``, `\`${CODE[fault.kind]}\``, DOES[fault.kind], commit, fault.message];
}

describe("docs/meta-errors.md", () => {
  it("says of every documented error what the code does", () => {
    const lines = PAGE.split("\n").filter((line) => line.startsWith("| `"));
    const rows = lines.map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "").trim()));
    expect(rows).toEqual(DOCUMENTED.map(([code, subcode]) => rowOf(code, subcode)));
  });
});

describe("the table of Meta's errors", () => {
  it.each(DOCUMENTED)("knows %s/%s", (code, subcode) => {
    expect(meaningOf(code, subcode ?? null)).not.toBe(UNLISTED);
  });

  it("tells clients whole sentences, and keeps the platform's own words beside them", () => {
    for (const { says } of [...Object.values(BY_CODE), ...Object.values(BY_SUBCODE), UNLISTED]) {
      expect(says).toMatch(/^[A-Za-z].*\.$/);
    }
    expect(faultOf(errorOf(352, 2207026), 0)).toMatchObject({ words: "Meta's own words" });
  });
});

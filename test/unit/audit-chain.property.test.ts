import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Exported } from "../../src/audit/export-log.ts";
import { verifyExport } from "../../src/audit/verify.ts";
import type { Json } from "../../src/lib/json.ts";
import { canonicalJson } from "../../src/lib/json.ts";
import { newExport, verify } from "../helpers/audit-export.ts";

/** An export of up to six seals, and what nobody has sealed yet. */
const exports = fc
  .record({
    seals: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 }),
    unsealed: fc.integer({ min: 0, max: 4 }),
  })
  .map(({ seals, unsealed }) => {
    const sealed = seals.reduce((sum, count) => sum + count, 0);
    return { seals, sealed, unsealed, made: newExport(sealed + unsealed, seals) };
  });

/** Which of so many. */
const pick = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const at = <T>(list: readonly T[], part: number): number => Math.floor(part * list.length);

/** The entries up to the last seal: what is proved. */
function provedOf(entries: readonly Exported[]): number {
  return entries.findLastIndex((entry) => "seal" in entry) + 1;
}

/** Every place at which a value holds something that can be another. */
function placesOf(value: Json, path: string[] = []): string[][] {
  if (value === null || typeof value !== "object") return [path];
  return Object.entries(value).flatMap(([name, member]) => placesOf(member as Json, [...path, name]));
}

function changedAt(value: unknown, [name, ...rest]: string[], to: Json): unknown {
  if (name === undefined) return to;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[name] = changedAt(copy[name], rest, to);
  return copy;
}

describe("an export that nobody has touched", () => {
  it("is good, with what it counts", async () => {
    await fc.assert(
      fc.asyncProperty(exports, async ({ seals, sealed, unsealed, made }) => {
        const entries = await made;
        const last = entries.findLast((entry) => "seal" in entry);
        expect(await verify(entries)).toEqual({
          isGood: true,
          lines: sealed + unsealed,
          seals: seals.length,
          unsealed,
          lastHash: last?.seal.hash,
        });
      }),
    );
  });

  it("is good also when it is written otherwise: with its members in another order, and blanks", async () => {
    const entries = await newExport(3, [2]);
    const turned = (value: unknown): unknown =>
      value !== null && typeof value === "object" && !Array.isArray(value)
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([name, member]) => [name, turned(member)]),
          )
        : value;
    const texts = entries.map((entry) => `${JSON.stringify(turned(entry), null, " ").replaceAll("\n", " ")}\r`);
    expect(texts[0]).not.toBe(canonicalJson(entries[0]));
    expect((await verifyExport(texts)).isGood).toBe(true);
  });

  it("has the hashes that docs/audit.md says, by another hand", async () => {
    const entries = await newExport(4, [3]);
    const seal = entries.flatMap((entry) => ("seal" in entry ? [entry.seal] : []))[0];
    const line = (number: number) =>
      `{"action":"webhook.updated","actor":"key_${number % 2}","at":"2026-06-01T09:00:00.000Z","details":{"changed":` +
      `["url","events"],"nested":{"count":${number}}},"id":"aud_${number}","ip":null,"mode":"live",` +
      `"request_id":"req_${number}","target":"wh_${number}","workspace_id":"ws_1"}`;
    const header = '{"lines":3,"previous":null,"sealed_at":"2026-06-01T09:01:00.000Z"}';
    const text = [header, line(0), line(1), line(2)].join("\n");
    expect(seal?.hash).toBe(createHash("sha256").update(text).digest("hex"));
  });

  it("is good when it is empty", async () => {
    const verdict = { isGood: true, lines: 0, seals: 0, unsealed: 0, lastHash: null };
    expect(await verify([{ end: { lines: 0, seals: 0 } }])).toEqual(verdict);
  });
});

describe("it is found that", () => {
  it("a field of a line that is sealed, or of a seal, was changed, or one was added", async () => {
    await fc.assert(
      fc.asyncProperty(exports, pick, pick, fc.jsonValue(), fc.boolean(), async ({ made }, which, where, to, isNew) => {
        const entries: unknown[] = await made;
        const index = at(entries.slice(0, provedOf(entries as Exported[])), which);
        const entry = entries[index];
        const places = placesOf(entry as Json);
        const path = places[at(places, where)] ?? [];
        entries[index] = changedAt(entry, isNew ? [path[0] ?? "", "more"] : path, to as Json);
        fc.pre(canonicalJson(entries[index]) !== canonicalJson(entry));
        const verdict = await verify(entries);
        expect(verdict.isGood).toBe(false);
        if (!verdict.isGood) expect(verdict.at).toBeGreaterThan(index);
      }),
    );
  });

  it("a line, a seal or the end was taken out, also several in a row", async () => {
    await fc.assert(
      fc.asyncProperty(exports, pick, fc.integer({ min: 1, max: 3 }), async ({ made }, which, count) => {
        const entries = await made;
        entries.splice(at(entries, which), count);
        expect((await verify(entries)).isGood).toBe(false);
      }),
    );
  });

  it("one was put in, or is there twice", async () => {
    await fc.assert(
      fc.asyncProperty(exports, pick, pick, async ({ made }, from, to) => {
        const entries = await made;
        const copy = entries[at(entries, from)];
        if (copy) entries.splice(at(entries, to), 0, copy);
        expect((await verify(entries)).isGood).toBe(false);
      }),
    );
  });

  it("two changed places of which one is sealed", async () => {
    await fc.assert(
      fc.asyncProperty(exports, pick, pick, async ({ made }, one, other) => {
        const entries = await made;
        const [a, b] = [at(entries.slice(0, provedOf(entries)), one), at(entries, other)];
        fc.pre(a !== b);
        const [first, second] = [entries[a], entries[b]];
        if (first && second) [entries[a], entries[b]] = [second, first];
        expect((await verify(entries)).isGood).toBe(false);
      }),
    );
  });

  it("a member is there twice, of which programs that read it may take either", async () => {
    const entries = await newExport(3, [2]);
    const texts = entries.map((entry) => JSON.stringify(entry));
    const [first = "", second = "", seal = "", ...others] = texts;
    for (const forged of [
      [first.replace('"actor":', '"actor":"key_nobody","actor":'), second, seal],
      [first.replace('"line":', '"line":{},"line":'), second, seal],
      [first.replace('"count":', '"count":7, "count" :'), second, seal],
      [first, second, seal.replace('"hash":', '"hash":"","hash":')],
    ]) {
      expect(forged).not.toEqual([first, second, seal]);
      expect((await verifyExport([...forged, ...others])).isGood).toBe(false);
    }
    const quoted = texts.map((text) => text.replace('"key_1"', String.raw`"key_1\": \"a\\"`));
    expect(await verifyExport(quoted.toSpliced(2, 1, seal))).toMatchObject({
      problem: expect.stringContaining("does not fit"),
    });
  });

  it.each(["previous", "lines", "sealed_at", "hash"])(
    "a seal's %s is an object that cannot be printed",
    async (name) => {
      const entries = await newExport(2, [2]);
      const spoilt = entries.map((entry) =>
        "seal" in entry ? { seal: { ...entry.seal, [name]: { toString: 1 } } } : entry,
      );
      expect((await verify(spoilt)).isGood).toBe(false);
    },
  );

  it("the beginning is missing, with its seal and a count that was made to fit", async () => {
    const entries = (await newExport(5, [2, 2])).slice(3);
    entries[entries.length - 1] = { end: { lines: 3, seals: 1 } };
    const verdict = await verify(entries);
    expect(verdict).toMatchObject({ isGood: false, at: 3, problem: expect.stringContaining("the beginning") });
    const [, , next] = entries;
    const before = next && "seal" in next ? (next.seal.previous ?? "") : "";
    expect((await verify(entries, before)).isGood).toBe(true);
    expect((await verify(entries, "0".repeat(64))).isGood).toBe(false);
  });
});

describe("where it does not fit, it is said exactly:", () => {
  it.each<[string, (entries: unknown[]) => void, number, string]>([
    ["a changed line", (entries) => entries.splice(3, 1, { line: {} }), 6, "the lines 4 to 5 of the file"],
    ["a missing line", (entries) => entries.splice(3, 1), 5, "the seal covers 2 lines, and there are 1"],
    ["a missing seal", (entries) => entries.splice(2, 1), 5, "here it is the beginning"],
    ["the last seal, missing", (entries) => entries.splice(5, 1), 7, "the end speaks of"],
    ["a text that is not JSON", (entries) => entries.splice(1, 1, undefined), 2, "is neither a line"],
    ["a value of another kind", (entries) => entries.splice(1, 1, { note: {} }), 2, "is neither a line"],
    ["no end", (entries) => entries.pop(), 8, "the end is missing"],
    ["something behind the end", (entries) => entries.push({ line: {} }), 9, "stands behind the end"],
  ])("%s", async (_what, spoil, where, problem) => {
    const entries: unknown[] = await newExport(5, [2, 2]);
    spoil(entries);
    expect(await verify(entries)).toEqual({ isGood: false, at: where, problem: expect.stringContaining(problem) });
  });
});

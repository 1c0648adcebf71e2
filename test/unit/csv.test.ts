import { describe, expect, it } from "vitest";
import { printCsv } from "../../src/lib/csv.ts";
import { monthsBetween } from "../../src/lib/months.ts";

describe("CSV", () => {
  it("quotes what would break a line or a cell, and doubles quotes", () => {
    const rows = [
      ["name", "count"],
      ['say "hi"', 1],
      ["a,b", -2],
      ["two\r\nlines", 0],
    ];
    expect(printCsv(rows)).toBe('name,count\r\n"say ""hi""",1\r\n"a,b",-2\r\n"two\r\nlines",0\r\n');
  });

  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "＝1", "－1", '=HYPERLINK("https://x","y")'])(
    "marks %j as text, so that no spreadsheet works it out",
    (text) => {
      expect(printCsv([[text]])).toMatch(/^"?'/);
    },
  );

  it("leaves other texts and numbers as they are", () => {
    expect(printCsv([["caf_é", "a=b", "a-b", "", -5]])).toBe("caf_é,a=b,a-b,,-5\r\n");
  });
});

describe("months", () => {
  it("go from one to another, over the end of a year, each to the first moment of the next", () => {
    const months = monthsBetween("2026-11", "2027-02");
    expect(months.map(({ name }) => name)).toEqual(["2026-11", "2026-12", "2027-01", "2027-02"]);
    expect(months[0]).toEqual({ name: "2026-11", start: Date.UTC(2026, 10), end: Date.UTC(2026, 11) });
    for (let i = 1; i < months.length; i++) expect(months[i]?.start).toBe(months[i - 1]?.end);
  });

  it("are none where the last is before the first", () => {
    expect(monthsBetween("2026-11", "2026-10")).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { addDays, dayAt, daysBetween, daysFrom, mondayOf, monthFrom, parseDay, startOf } from "../../src/lib/days.ts";
import { TimeZone } from "../../src/lib/zoned-time.ts";

const HOUR = 3_600_000;
const BERLIN = new TimeZone("Europe/Berlin");
const hours = (zone: TimeZone, day: string) => daysFrom(zone, day, 1).map(({ start, end }) => (end - start) / HOUR)[0];
const iso = (at: number) => new Date(at).toISOString();

describe("a day of a place", () => {
  it("has 23 hours where clocks are set forward, 25 where they are set back, and 24 else", () => {
    expect(hours(BERLIN, "2026-03-29")).toBe(23);
    expect(hours(BERLIN, "2026-10-25")).toBe(25);
    expect(hours(BERLIN, "2026-10-26")).toBe(24);
    expect(hours(new TimeZone("UTC"), "2026-03-29")).toBe(24);
    // By half an hour.
    expect(hours(new TimeZone("Australia/Lord_Howe"), "2026-04-05")).toBe(24.5);
  });

  it("begins where its clocks go on, when they skip its midnight", () => {
    const cairo = new TimeZone("Africa/Cairo");
    // On 24 April 2026 clocks go from 23:59:59 to 01:00:00.
    expect(iso(startOf(cairo, "2026-04-24"))).toBe("2026-04-23T22:00:00.000Z");
    expect(hours(cairo, "2026-04-24")).toBe(23);
    expect(dayAt(cairo, startOf(cairo, "2026-04-24"))).toBe("2026-04-24");
    expect(dayAt(cairo, startOf(cairo, "2026-04-24") - 1)).toBe("2026-04-23");
  });

  it("follows the one before without a gap, all year round", () => {
    for (const name of ["Europe/Berlin", "Africa/Cairo", "America/Sao_Paulo", "Asia/Beirut", "Pacific/Apia"]) {
      const zone = new TimeZone(name);
      const days = daysFrom(zone, "2026-01-01", 365);
      for (const [index, { name: day, start, end }] of days.entries()) {
        expect([day, dayAt(zone, start), dayAt(zone, end - 1)]).toEqual([day, day, day]);
        if (index > 0) expect(days[index - 1]?.end).toBe(start);
      }
    }
  });

  it("is the day that its clocks show, whatever it is elsewhere", () => {
    const at = Date.parse("2026-06-01T23:30:00Z");
    expect(dayAt(BERLIN, at)).toBe("2026-06-02");
    expect(dayAt(new TimeZone("America/New_York"), at)).toBe("2026-06-01");
  });
});

describe("days", () => {
  it("are counted across months and years", () => {
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
    expect(addDays("2028-03-01", -1)).toBe("2028-02-29");
    expect(monthFrom("2026-12-15", 1)).toBe("2027-01-01");
    expect(monthFrom("2026-01-31", -1)).toBe("2025-12-01");
    expect(mondayOf("2026-11-25")).toBe("2026-11-23");
    expect(mondayOf("2026-11-23")).toBe("2026-11-23");
    expect(mondayOf("2026-11-29")).toBe("2026-11-23");
  });

  it("that a span touches are cut to it", () => {
    const [from, to] = [Date.parse("2026-06-01T20:00:00Z"), Date.parse("2026-06-03T22:00:00Z")];
    const days = daysBetween(BERLIN, from, to).map(({ name, start, end }) => [name, iso(start), iso(end)]);
    expect(days).toEqual([
      ["2026-06-01", "2026-06-01T20:00:00.000Z", "2026-06-01T22:00:00.000Z"],
      ["2026-06-02", "2026-06-01T22:00:00.000Z", "2026-06-02T22:00:00.000Z"],
      ["2026-06-03", "2026-06-02T22:00:00.000Z", "2026-06-03T22:00:00.000Z"],
    ]);
  });

  it.each(["2026-02-30", "2026-1-1", "today", "", "2026-06-01T00:00"])("are not what does not exist: %j", (text) => {
    expect(parseDay(text)).toBeNull();
  });
});

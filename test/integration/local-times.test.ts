import { beforeAll, describe, expect, it } from "vitest";
import { findTimeZone, parseLocalTime } from "../../src/lib/zoned-time.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newWorkspace, publish } from "./helpers/api.ts";
import { holdTime } from "./helpers/drive.ts";

const DAY = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** What a place's clock shows, by another way than the code's. */
function shown(zone: string, at: number): string {
  const known = formats.get(zone);
  const format = known ?? new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  formats.set(zone, format);
  return format.format(at).replace(" ", "T");
}

function resolve(zone: string, local: string): string {
  const at = findTimeZone(zone)?.timeOf(parseLocalTime(local) ?? Number.NaN);
  return new Date(at ?? Number.NaN).toISOString().replace(".000Z", "Z");
}

describe("local times, in the runtime that serves them", () => {
  it.each([
    ["Europe/Paris", "2026-06-01T09:00", "2026-06-01T07:00:00Z"],
    ["Europe/Paris", "2026-01-01T00:00:30", "2025-12-31T23:00:30Z"],
    ["UTC", "2026-06-01T09:00", "2026-06-01T09:00:00Z"],
    ["Asia/Kolkata", "2026-06-01T09:00", "2026-06-01T03:30:00Z"],
    ["Asia/Kathmandu", "2026-06-01T09:00", "2026-06-01T03:15:00Z"],
    ["Pacific/Kiritimati", "2026-06-01T09:00", "2026-05-31T19:00:00Z"],
    ["Pacific/Niue", "2026-06-01T09:00", "2026-06-01T20:00:00Z"],
    ["Pacific/Chatham", "2026-01-01T09:00", "2025-12-31T19:15:00Z"],
    // Clocks are set forward: 02:30 is not shown, and becomes 03:30.
    ["Europe/Paris", "2026-03-29T01:59:59", "2026-03-29T00:59:59Z"],
    ["Europe/Paris", "2026-03-29T02:00", "2026-03-29T01:00:00Z"],
    ["Europe/Paris", "2026-03-29T02:30", "2026-03-29T01:30:00Z"],
    ["Europe/Paris", "2026-03-29T03:00", "2026-03-29T01:00:00Z"],
    ["America/New_York", "2026-03-08T02:30", "2026-03-08T07:30:00Z"],
    ["America/Santiago", "2026-09-06T00:30", "2026-09-06T04:30:00Z"],
    // Clocks are set back: of 02:30 twice it is the first.
    ["Europe/Paris", "2026-10-25T02:30", "2026-10-25T00:30:00Z"],
    ["Europe/Paris", "2026-10-25T03:00", "2026-10-25T02:00:00Z"],
    ["America/New_York", "2026-11-01T01:30", "2026-11-01T05:30:00Z"],
    // By half an hour.
    ["Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45:00Z"],
    ["Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45:00Z"],
    ["Australia/Lord_Howe", "2026-07-01T12:00", "2026-07-01T01:30:00Z"],
    // A day that Samoa never had: it moves on by a day.
    ["Pacific/Apia", "2011-12-29T23:59", "2011-12-30T09:59:00Z"],
    ["Pacific/Apia", "2011-12-30T12:00", "2011-12-30T22:00:00Z"],
    ["Pacific/Apia", "2011-12-31T00:00", "2011-12-30T10:00:00Z"],
    // Kwajalein had no 21st of August.
    ["Pacific/Kwajalein", "1993-08-21T12:00", "1993-08-22T00:00:00Z"],
    // Morocco keeps summer time but for Ramadan.
    ["Africa/Casablanca", "2025-02-22T12:00", "2025-02-22T11:00:00Z"],
    ["Africa/Casablanca", "2025-03-15T12:00", "2025-03-15T12:00:00Z"],
    ["Africa/Casablanca", "2025-02-23T02:30", "2025-02-23T01:30:00Z"],
    ["Africa/Casablanca", "2025-04-06T02:30", "2025-04-06T02:30:00Z"],
    // Long ago and far ahead.
    ["America/New_York", "1918-07-01T12:00", "1918-07-01T16:00:00Z"],
    ["Europe/London", "1942-07-01T12:00", "1942-07-01T10:00:00Z"],
    ["Europe/Berlin", "2500-07-01T12:00", "2500-07-01T10:00:00Z"],
  ])("%s %s is %s", (zone, local, utc) => {
    expect(resolve(zone, local)).toBe(utc);
  });

  it("are what the place's clock shows then, and never before: in every zone, around every change", () => {
    const zones = Intl.supportedValuesOf("timeZone");
    expect(zones.length).toBeGreaterThan(300);
    for (const name of zones) {
      const zone = findTimeZone(name);
      if (!zone) throw new Error(name);
      // Ten moments of two years, at odd times of the day.
      for (let step = 0; step < 10; step++) {
        const at = Date.UTC(2026, 0, 1) + step * 73 * DAY + step * 8_117_000;
        const local = parseLocalTime(shown(name, at)) ?? Number.NaN;
        const found = zone.timeOf(local);
        expect([name, shown(name, found)]).toEqual([name, shown(name, at)]);
        expect(found).toBeLessThanOrEqual(at);
      }
    }
    for (const name of [
      "Europe/Paris",
      "America/St_Johns",
      "Australia/Lord_Howe",
      "Africa/Casablanca",
      "America/Havana",
    ]) {
      const zone = findTimeZone(name);
      if (!zone) throw new Error(name);
      let last = Number.NEGATIVE_INFINITY;
      // Half hours of the months in which clocks are set: what is shown is shown at that time, what is not lies in a gap, and none is before another
      // by more than a gap's length.
      for (let local = Date.UTC(2026, 0, 1); local < Date.UTC(2027, 0, 1); local += 1_800_000) {
        if (![1, 2, 3, 8, 9, 10].includes(new Date(local).getUTCMonth())) continue;
        const found = zone.timeOf(local);
        const isShown = parseLocalTime(shown(name, found)) === local;
        if (!isShown) expect(parseLocalTime(shown(name, found)) ?? 0).toBeGreaterThan(local);
        expect(found).toBeGreaterThan(last - 3_600_000);
        // Not shown an hour earlier as well.
        for (const sooner of [1_800_000, 3_600_000]) {
          if (isShown) expect(parseLocalTime(shown(name, found - sooner))).not.toBe(local);
        }
        last = found;
      }
    }
  });

  it.each([
    "2026-02-30T09:00",
    "2025-02-29T09:00",
    "2026-06-01",
    "2026-06-01T24:00",
    "2026-06-01T09:60",
    "2026-06-01T09:00Z",
    "2026-06-01 09:00",
    "2026-06-01T09:00:00.5",
    "9",
    "",
  ])("are none where no clock shows them: %s", (text) => {
    expect(parseLocalTime(text)).toBeNull();
  });

  it.each(["Mars/Phobos", "+01:00", "-05", "", "Europe", "Europe/Paris ", "GMT+3"])("%s is no zone", (name) => {
    expect(findTimeZone(name)).toBeNull();
  });
});

describe("a request", () => {
  let workspace: TestWorkspace;
  let account: string;
  beforeAll(async () => {
    holdTime();
    workspace = await newWorkspace();
    account = await newAccount(workspace, "facebook");
  });
  const day = (days: number) => new Date(Date.now() + days * DAY).toISOString().slice(0, 10);
  const kolkata = (days: number, time = "09:00") => ({ local: `${day(days)}T${time}`, time_zone: "Asia/Kolkata" });
  const send = (fields: Record<string, unknown>, headers = {}) =>
    publish(workspace, { content: "Local", accounts: [account], ...fields }, headers);

  it("may say its times so, and is answered in UTC", async () => {
    const accepted = await send({ schedule: kolkata(3), publish_before: kolkata(4, "10:30:15") });
    expect([accepted.status, accepted.body.scheduled_at]).toEqual([202, `${day(3)}T03:30:00Z`]);
    const { body } = await call("GET", `/v1/posts/${accepted.body.id}`, { key: workspace.test });
    expect(body).toMatchObject({ scheduled_at: `${day(3)}T03:30:00Z`, publish_before: `${day(4)}T05:00:15Z` });
    const edited = await call("PATCH", `/v1/posts/${accepted.body.id}`, {
      key: workspace.test,
      body: { schedule: kolkata(5), publish_before: kolkata(6) },
    });
    expect(edited.body).toMatchObject({ scheduled_at: `${day(5)}T03:30:00Z`, publish_before: `${day(6)}T03:30:00Z` });
  });

  it("means the same whichever way it says its time", async () => {
    const headers = { "Idempotency-Key": "zoned" };
    const first = await send({ schedule: kolkata(3) }, headers);
    const again = await send({ schedule: `${day(3)}T03:30:00Z` }, headers);
    expect([again.status, again.text]).toEqual([202, first.text]);
  });

  it.each([
    ["schedule.time_zone", { schedule: { local: "2026-06-01T09:00", time_zone: "Mars/Phobos" } }],
    ["schedule.time_zone", { schedule: { local: "2026-06-01T09:00", time_zone: "+02:00" } }],
    ["schedule.time_zone", { schedule: { local: "2026-06-01T09:00" } }],
    ["schedule.local", { schedule: { local: "2026-02-30T09:00", time_zone: "Europe/Paris" } }],
    ["schedule.local", { schedule: { local: "2026-06-01T09:00Z", time_zone: "Europe/Paris" } }],
    ["schedule.local", { schedule: { local: 9, time_zone: "Europe/Paris" } }],
    ["schedule.offset", { schedule: { local: "2026-06-01T09:00", time_zone: "Europe/Paris", offset: 2 } }],
    ["schedule", { schedule: { local: "2011-12-30T09:00", time_zone: "Pacific/Apia" } }],
    ["schedule", { schedule: ["2026-06-01T09:00", "Europe/Paris"] }],
    ["schedule", { schedule: "2026-06-01T09:00" }],
    ["publish_before.local", { publish_before: { local: "soon", time_zone: "Europe/Paris" } }],
    ["publish_before", { publish_before: "soon" }],
    ["publish_before", { publish_before: 5 }],
  ])("is refused on %s where it is not one", async (field, fields) => {
    const { status, body } = await send(fields);
    expect([status, body.error.code, body.error.field]).toEqual([400, "validation_error", field]);
    expect(body.error.message).toContain(field);
  });
});

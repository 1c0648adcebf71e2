import type { Millis } from "../../lib/clock.ts";

/** A time as the workspace's people read it, with its zone: "25 Nov 2026, 14:30 CET". */
export function Time({ at, zone, isDay }: { at: Millis; zone: string; isDay?: boolean }) {
  const options: Intl.DateTimeFormatOptions = isDay
    ? { dateStyle: "medium" }
    : {
        day: "numeric",
        month: "short",
        year: "numeric",
        hour: "2-digit",
        minute: "2-digit",
        hourCycle: "h23",
        timeZoneName: "short",
      };
  const shown = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone }).format(at);
  return <time dateTime={new Date(at).toISOString()}>{shown}</time>;
}

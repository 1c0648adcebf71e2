import { findTimeZone, parseLocalTime } from "../lib/zoned-time.ts";
import * as z from "./zod.ts";

/** A time of a request as the clocks of a place show it; parsed to milliseconds. */
export const localTime = z
  .strictObject({
    local: z.string().openapi({ description: "Seconds may be left out.", example: "2026-06-01T09:00" }),
    time_zone: z.string().openapi({ description: "A name of the IANA database.", example: "Europe/Paris" }),
  })
  .transform((value, context) => {
    const local = parseLocalTime(value.local);
    const zone = findTimeZone(value.time_zone);
    if (local !== null && zone) return zone.timeOf(local);
    const [path, message] =
      local === null
        ? ["local", "{field} must be a time that exists, without an offset, as in 2026-06-01T09:00."]
        : ["time_zone", "{field} must be a time zone of the IANA database, as in Europe/Paris."];
    context.issues.push({ code: "custom", path: [path], message, input: value });
    return z.NEVER;
  })
  .openapi("LocalTime", {
    description:
      "A local time. One that clocks skip moves on by as much as they do; of one that they show twice it is the first.",
  });

/*
 * Days in words. A day is its own midday in UTC, whichever place it is of.
 */

/** Made when it is first needed: four formats take milliseconds, which every isolate would pay at its start. */
function format(options: Intl.DateTimeFormatOptions) {
  let made: Intl.DateTimeFormat | undefined;
  return (day: string) => {
    made ??= new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
    return made.format(Date.parse(`${day}T12:00:00Z`));
  };
}

/** "Wednesday 25 November 2026". */
export const longName = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
/** "Wed 25 Nov". */
export const shortName = format({ weekday: "short", day: "numeric", month: "short" });
/** "November 2026". */
export const monthName = format({ month: "long", year: "numeric" });
/** "25 November 2026". */
export const dateName = format({ day: "numeric", month: "long", year: "numeric" });

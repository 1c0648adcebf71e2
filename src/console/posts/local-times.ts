import type { Millis } from "../../lib/clock.ts";
import { TimeZone } from "../../lib/zoned-time.ts";

/** A moment as a field for local times has it: `2026-06-01T09:00`. */
export function localText(zone: string, at: Millis): string {
  return new Date(new TimeZone(zone).localOf(at)).toISOString().slice(0, 16);
}

import { printTime } from "../../lib/time.ts";
import { findTimeZone, parseLocalTime } from "../../lib/zoned-time.ts";
import type { Member } from "../access/member.ts";
import { FRAME } from "../strings.ts";
import { TextField } from "./fields.tsx";

/** A time on the workspace's clock. What is filled in is read by `readTime`. */
export function TimeField(view: {
  name: string;
  id?: string;
  label: string;
  hint?: string;
  error?: string | undefined;
  value: string;
  isOptional?: boolean;
  zone: string;
}) {
  const { hint, zone } = view;
  const inZone = FRAME.inZone(zone);
  return (
    <TextField
      {...view}
      hint={hint === undefined ? inZone : `${hint} ${inZone}`}
      attributes={{ type: "datetime-local" }}
    />
  );
}

/**
 * What was filled in as the API takes it.
 *
 * @returns what is no time as it is, for the schema to refuse
 */
export function readTime({ workspace }: Member, text: string): string {
  const [local, zone] = [parseLocalTime(text), findTimeZone(workspace.timeZone)];
  return local === null || !zone ? text : printTime(zone.timeOf(local));
}
